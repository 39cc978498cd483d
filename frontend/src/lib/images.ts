import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "./api";
import { useObjectUrl } from "./use-object-url";

/** Fetched rather than linked: an `<img>` sends no API key. */
export function imageQuery(generationId: string, index: number) {
  return queryOptions({
    queryKey: ["image", generationId, index],
    queryFn: () =>
      unwrap(
        api.GET("/v1/generations/{generation_id}/images/{index}", {
          params: { path: { generation_id: generationId, index } },
          parseAs: "blob",
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useImageUrl(generationId: string, index: number) {
  const { data, error } = useQuery(imageQuery(generationId, index));
  return { url: useObjectUrl(data), error };
}

/** Width over height of a size such as "256x512". */
export function aspectRatio(size: string): number {
  const [width_px, height_px] = size.split("x").map(Number);
  return width_px && height_px ? width_px / height_px : 1;
}
