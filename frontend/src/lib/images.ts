import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "./api";
import { useObjectUrl } from "./use-object-url";

const IMAGE = "/v1/generations/{generation_id}/images/{index}";
const THUMBNAIL = `${IMAGE}/thumbnail` as const;

export type GalleryImage = { generationId: string; index: number };

/** Fetched rather than linked: an `<img>` sends no API key. A thumbnail has at most 256 pixels a side. */
export function imageQuery(generationId: string, index: number, isThumbnail = false) {
  return queryOptions({
    queryKey: ["image", generationId, index, isThumbnail],
    queryFn: () =>
      unwrap(
        api.GET(isThumbnail ? THUMBNAIL : IMAGE, {
          params: { path: { generation_id: generationId, index } },
          parseAs: "blob",
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useImageUrl(generationId: string, index: number, isThumbnail = false) {
  const { data, error } = useQuery(imageQuery(generationId, index, isThumbnail));
  return { url: useObjectUrl(data), error };
}

/** Width over height of a size such as "256x512". */
export function aspectRatio(size: string): number {
  const [width_px, height_px] = size.split("x").map(Number);
  return width_px && height_px ? width_px / height_px : 1;
}
