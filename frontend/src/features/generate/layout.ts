/** Columns of the grid for `count` images, by the width of the window. */
export function gridColumns(count: number) {
  return { base: Math.min(count, 2), sm: 2, lg: count === 4 ? 4 : 3 };
}

/** Width over height of a size such as "256x512". */
export function aspectRatio(size: string): number {
  const [width_px, height_px] = size.split("x").map(Number);
  return width_px && height_px ? width_px / height_px : 1;
}
