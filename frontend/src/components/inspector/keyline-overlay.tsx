import type { KeylineTemplate } from "@/lib/models";

type KeylineOverlayProps = { keyline: KeylineTemplate };

/** A template's live area, the square of the area that subjects get, and the anchor of their centre. */
export function KeylineOverlay({ keyline }: KeylineOverlayProps) {
  const { name, live_shape, live_side, optical_side } = keyline;
  const [x = 50, y = 50] = keyline.anchor.map((share) => 100 * share);
  const live = 100 * live_side;
  const optical = 100 * optical_side;

  return (
    <svg
      viewBox="0 0 100 100"
      role="img"
      aria-label={`Keyline ${name}`}
      style={{ position: "absolute", inset: 0, width: "100%", height: "100%" }}
      fill="none"
    >
      {/* Twice, light upon dark, so that they are seen on any ground. */}
      {[
        { stroke: "#fff", strokeWidth: 1 },
        { stroke: "#e6007a", strokeWidth: 0.4 },
      ].map((line) => (
        <g key={line.stroke} {...line}>
          {live_shape === "circle" ? (
            <circle cx={x} cy={y} r={live / 2} />
          ) : (
            <rect x={x - live / 2} y={y - live / 2} width={live} height={live} />
          )}
          <rect
            x={x - optical / 2}
            y={y - optical / 2}
            width={optical}
            height={optical}
            strokeDasharray="2 1.500"
          />
          <path d={`M${x - 3} ${y}h6M${x} ${y - 3}v6`} />
        </g>
      ))}
    </svg>
  );
}
