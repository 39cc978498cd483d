import type { Generation } from "@/lib/generations";
import { aspectRatio } from "@/lib/images";

/** Columns of the grid of a generation's images, by the width of the window. */
export function gridColumns({ size, seeds }: Generation) {
  if (aspectRatio(size) > 1.2) return { base: 1, lg: 2 };
  return { base: 2, lg: seeds.length === 4 ? 4 : 3 };
}
