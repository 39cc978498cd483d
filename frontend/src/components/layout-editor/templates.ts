import type { CompositionTemplate } from "@/lib/models";
import { type LayoutBox, regionsOf, toBoxes } from "./boxes";

type Format = keyof CompositionTemplate["arrangements"];

function formatOf(ratio: number): Format {
  if (ratio === 1) return "square";
  return ratio < 1 ? "portrait" : "landscape";
}

/** In percent of the height; null where the template has none. */
export function horizonOf(template: CompositionTemplate, ratio: number): number | null {
  const horizon = template.arrangements[formatOf(ratio)]?.horizon;
  return horizon == null ? null : Math.round(horizon * 100);
}

/** The template's boxes for a picture of that shape; regions keep their words, and lie where it has a place for them. */
export function arrange(template: CompositionTemplate, ratio: number, boxes: LayoutBox[]): LayoutBox[] {
  const found = template.arrangements[formatOf(ratio)];
  if (!found) return boxes;
  const regions = regionsOf(boxes).map(({ prompt, strength, ...own }, index) => ({
    box: found.regions[index] ?? [own.left, own.top, own.width, own.height].map((percent) => percent / 100),
    prompt,
    strength: strength / 100,
  }));
  return toBoxes({ copy_space: found.copy_space, logo_box: found.logo_box, regions });
}
