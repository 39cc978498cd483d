import type { JobBody } from "@/lib/generations";

/** In whole percents of the picture. */
export type Place = { left: number; top: number; width: number; height: number };
export type BoxKind = "region" | "copy_space" | "logo_box";
export type LayoutBox = Place & {
  id: number;
  kind: BoxKind;
  /** What a region shows; the other kinds stay calm and have none. */
  prompt: string;
  /** Of a region's words, in percent; those of the whole prompt have 50. */
  strength: number;
};
export type Layout = NonNullable<JobBody["layout"]>;

/** As the API has it. */
export const maxRegions = 8;
export const leastSide = 4;

const firstPlaces: Record<BoxKind, Place> = {
  region: { left: 10, top: 60, width: 45, height: 30 },
  copy_space: { left: 10, top: 10, width: 80, height: 20 },
  logo_box: { left: 35, top: 36, width: 30, height: 14 },
};
const labels: Record<BoxKind, string> = { region: "Region", copy_space: "Copy space", logo_box: "Logo box" };

export function nameOf(box: LayoutBox, boxes: LayoutBox[]): string {
  if (box.kind !== "region") return labels[box.kind];
  return `Region ${regionsOf(boxes).findIndex(({ id }) => id === box.id) + 1}`;
}

export function regionsOf(boxes: LayoutBox[]): LayoutBox[] {
  return boxes.filter(({ kind }) => kind === "region");
}

export function canAdd(boxes: LayoutBox[], kind: BoxKind): boolean {
  if (kind === "region") return regionsOf(boxes).length < maxRegions;
  return boxes.every((box) => box.kind !== kind);
}

/** Regions come side by side first, so that the second doesn't hide the first. */
export function newBox(boxes: LayoutBox[], kind: BoxKind): LayoutBox {
  const id = Math.max(0, ...boxes.map((box) => box.id)) + 1;
  const number = kind === "region" ? regionsOf(boxes).length : 0;
  const place = firstPlaces[kind];
  const left = place.left + (number % 2) * 40;
  const top = place.top - Math.floor(number / 2) * 15;
  return { id, kind, prompt: "", strength: 50, ...inside({ ...place, left, top }) };
}

function between(value: number, least: number, most: number): number {
  return Math.min(Math.max(Math.round(value), least), most);
}

/** The nearest place of that size that lies within the picture. */
export function inside({ left, top, width, height }: Place): Place {
  const size = { width: between(width, leastSide, 100), height: between(height, leastSide, 100) };
  return { left: between(left, 0, 100 - size.width), top: between(top, 0, 100 - size.height), ...size };
}

const steps: Record<string, [across: number, down: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Arrow keys move by a percent; with Shift they move the right and the lower edge. Null: another key. */
export function placeAfterKey(box: Place, key: string, hasShift: boolean): Place | null {
  const step = steps[key];
  if (!step) return null;
  const [across, down] = step;
  if (!hasShift) return inside({ ...box, left: box.left + across, top: box.top + down });
  const width = between(box.width + across, leastSide, 100 - box.left);
  return { ...box, width, height: between(box.height + down, leastSide, 100 - box.top) };
}

function shares({ left, top, width, height }: Place): number[] {
  return [left, top, width, height].map((percent) => percent / 100);
}

function place([left = 0, top = 0, width = 0, height = 0]: number[]): Place {
  return inside({ left: 100 * left, top: 100 * top, width: 100 * width, height: 100 * height });
}

/** Of a layout as the API has it. */
export function toBoxes({ regions = [], copy_space, logo_box }: Layout): LayoutBox[] {
  const calm = { prompt: "", strength: 50 };
  const boxes = [
    ...(copy_space ? [{ kind: "copy_space" as const, ...place(copy_space), ...calm }] : []),
    ...(logo_box ? [{ kind: "logo_box" as const, ...place(logo_box), ...calm }] : []),
    ...regions.map(({ box, prompt, strength = 0.5 }) => ({
      kind: "region" as const,
      // Which every region has that was drawn.
      ...place(box ?? [0, 0, 1, 1]),
      prompt,
      strength: Math.round(100 * strength),
    })),
  ];
  return boxes.map((box, index) => ({ id: index + 1, ...box }));
}

/** As the API takes it. */
export function toLayout(boxes: LayoutBox[]): Layout {
  const layout: Layout = {};
  for (const box of boxes) {
    if (box.kind !== "region") layout[box.kind] = shares(box);
  }
  const regions = regionsOf(boxes).map((box) => ({
    box: shares(box),
    prompt: box.prompt.trim(),
    strength: box.strength / 100,
  }));
  return regions.length > 0 ? { ...layout, regions } : layout;
}
