import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { components } from "@/client/schema";
import { api, settle, unwrap } from "./api";

export type Generation = components["schemas"]["Generation"];
export type Kind = Generation["model"];
export type Status = Generation["status"];
export type JobBody = components["schemas"]["JobBody"];

export const generationsKey = ["generations"] as const;

const maxRecent = 8;
const pageSize = 24;
const refetch_ms = 3_000;

export function isUnderWay(generation: Generation): boolean {
  return generation.status === "queued" || generation.status === "in_progress";
}

export function generationQuery(id: string) {
  return queryOptions({
    queryKey: [...generationsKey, "one", id],
    queryFn: () =>
      unwrap(api.GET("/v1/generations/{generation_id}", { params: { path: { generation_id: id } } })),
  });
}

/** The newest of a kind: what is under way is among them, also after the page was loaded anew. */
export function recentQuery(model: Kind) {
  return queryOptions({
    queryKey: [...generationsKey, "recent", model],
    queryFn: () => unwrap(api.GET("/v1/generations", { params: { query: { model, limit: maxRecent } } })),
  });
}

export type GalleryFilters = { model?: Kind; status?: Status };

export function galleryQuery(filters: GalleryFilters) {
  return infiniteQueryOptions({
    queryKey: [...generationsKey, "gallery", filters],
    queryFn: ({ pageParam }) =>
      unwrap(
        api.GET("/v1/generations", { params: { query: { ...filters, limit: pageSize, after: pageParam } } }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.data.some(isUnderWay)) ? refetch_ms : false,
  });
}

export function createGeneration(body: JobBody): Promise<Generation> {
  return unwrap(api.POST("/v1/generations", { body })) as Promise<Generation>;
}

export function cancelGeneration(id: string): Promise<Generation> {
  return unwrap(
    api.POST("/v1/generations/{generation_id}/cancel", { params: { path: { generation_id: id } } }),
  );
}

export function deleteGeneration(id: string): Promise<void> {
  return settle(api.DELETE("/v1/generations/{generation_id}", { params: { path: { generation_id: id } } }));
}
