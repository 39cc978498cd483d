import { type Device, devices } from "@/components/inspector/devices";
import type { Place } from "./boxes";

/** A picture of that shape on a phone that is held as it is. */
export type Screen = { ratio: number; device: Device };

export function screenFor(ratio: number): Screen {
  return { ratio, device: ratio > 1 ? devices.landscape : devices.portrait };
}

/** What the screen shows of the picture, which fills it: too much on two sides is cut off. In percents, not rounded. */
export function shownPart({ ratio, device }: Screen): Place {
  const share = device.width_pt / device.height_pt / ratio;
  const [width, height] = share < 1 ? [100 * share, 100] : [100, 100 / share];
  return { left: (100 - width) / 2, top: (100 - height) / 2, width, height };
}

/** What neither the system nor the screen's edge covers. */
export function safePart(screen: Screen): Place {
  const shown = shownPart(screen);
  const { width_pt, height_pt, insets_pt } = screen.device;
  const [across, down] = [shown.width / width_pt, shown.height / height_pt];
  return {
    left: shown.left + insets_pt.left * across,
    top: shown.top + insets_pt.top * down,
    width: shown.width - (insets_pt.left + insets_pt.right) * across,
    height: shown.height - (insets_pt.top + insets_pt.bottom) * down,
  };
}
