import { queryOptions } from "@tanstack/react-query";
import type { components } from "@/client/schema";
import { api, settle, unwrap } from "@/lib/api";

export type Key = components["schemas"]["Key"];
export type KeyCreateBody = components["schemas"]["KeyCreateBody"];

export const keysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: () => unwrap(api.GET("/v1/keys")),
});

export function createKey(body: KeyCreateBody) {
  return unwrap(api.POST("/v1/keys", { body }));
}

export function revokeKey(id: string): Promise<void> {
  return settle(api.DELETE("/v1/keys/{key_id}", { params: { path: { key_id: id } } }));
}
