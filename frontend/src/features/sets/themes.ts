import type { CSSProperties } from "react";
import { aspectRatio } from "@/lib/images";
import type { ImageSetItem } from "@/lib/sets";

/** A splash family's items, those of one theme in one row: "portrait, dark" is of the theme "dark". */
export function rowsOf(items: ImageSetItem[]): ImageSetItem[][] {
  const themeOf = ({ subject }: ImageSetItem) => subject.split(", ")[1];
  const themes = [...new Set(items.map(themeOf))];
  return themes.map((theme) => items.filter((item) => themeOf(item) === theme));
}

/** Of pictures of different shapes in one row, so that all are equally high. */
export function share({ size }: ImageSetItem, height_px: number): CSSProperties {
  const ratio = aspectRatio(size);
  return { flex: `${ratio} ${ratio} ${Math.round(ratio * height_px)}px` };
}
