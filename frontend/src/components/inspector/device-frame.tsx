import type { CSSProperties } from "react";
import type { Device } from "./devices";

type DeviceFrameProps = { device: Device; url: string; alt: string; hasSafeArea: boolean };

const outline: CSSProperties = { border: "1.5px dashed #fff", outline: "1.5px dashed #e6007a" };

function share(part_pt: number, whole_pt: number): string {
  return `${(100 * part_pt) / whole_pt}%`;
}

/** The picture as a screen shows it: it fills the screen, and what is too much on two sides is cut off. */
export function DeviceFrame({ device, url, alt, hasSafeArea }: DeviceFrameProps) {
  const { width_pt, height_pt, insets_pt } = device;
  const isUpright = height_pt > width_pt;

  return (
    <div
      style={{
        position: "relative",
        width: "100%",
        maxWidth: isUpright ? 260 : 520,
        margin: "0 auto",
        aspectRatio: width_pt / height_pt,
        border: "8px solid #17181c",
        borderRadius: 36,
        overflow: "hidden",
        boxShadow: "0 0 0 1px #80868f, 0 8px 24px #0004",
      }}
    >
      <img
        src={url}
        alt={`${alt}, on a ${device.label.toLowerCase()}`}
        style={{ display: "block", width: "100%", height: "100%", objectFit: "cover" }}
      />
      {hasSafeArea && (
        <div
          role="img"
          aria-label="Safe area"
          style={{
            ...outline,
            position: "absolute",
            top: share(insets_pt.top, height_pt),
            right: share(insets_pt.right, width_pt),
            bottom: share(insets_pt.bottom, height_pt),
            left: share(insets_pt.left, width_pt),
            borderRadius: 6,
          }}
        />
      )}
    </div>
  );
}
