export type Device = {
  label: string;
  width_pt: number;
  height_pt: number;
  /** Kept free by the system: clock and camera, home bar. In points. */
  insets_pt: { top: number; right: number; bottom: number; left: number };
};

/** A phone of 6.1 inches, as Apple's guidelines measure it. */
export const devices = {
  portrait: {
    label: "Phone, portrait",
    width_pt: 393,
    height_pt: 852,
    insets_pt: { top: 59, right: 0, bottom: 34, left: 0 },
  },
  landscape: {
    label: "Phone, landscape",
    width_pt: 852,
    height_pt: 393,
    insets_pt: { top: 0, right: 59, bottom: 21, left: 59 },
  },
} satisfies Record<string, Device>;

export type Orientation = keyof typeof devices;

export const orientations = Object.keys(devices) as Orientation[];
