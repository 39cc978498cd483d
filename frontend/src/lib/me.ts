import { queryOptions, useQuery } from "@tanstack/react-query";
import type { components } from "@/client/schema";
import { api, unwrap } from "./api";

export type Scope = components["schemas"]["Me"]["scopes"][number];

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: () => unwrap(api.GET("/v1/users/me")),
  staleTime: 60_000,
});

/** Whether the session's key allows it; false until that is known. */
export function useMay(scope: Scope): boolean {
  return useQuery(meQuery).data?.scopes.includes(scope) ?? false;
}
