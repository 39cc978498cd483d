import type { Generation } from "@/lib/generations";
import { aspectRatio } from "@/lib/images";

/** Columns of the grid of a generation's images, by the width of the window. */
export function gridColumns({ size }: Generation) {
  return aspectRatio(size) > 1.2 ? { base: 1, lg: 2 } : { base: 2, lg: 3, xl: 4 };
}
