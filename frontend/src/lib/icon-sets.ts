import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { components } from "@/client/schema";
import { api, settle, unwrap } from "./api";

export type IconSet = components["schemas"]["ImageSet"];
export type IconSetSummary = components["schemas"]["ImageSetSummary"];
export type IconSetItem = components["schemas"]["ImageSetItem"];
export type IconSetBody = components["schemas"]["IconSetBody"];
export type Distance = components["schemas"]["Distance"];
/** A picture of each icon, or all that platforms want of it. */
export type SetFiles = "png" | "bundle";

/** In one request. */
export const maxSubjects = 64;
/** What the template has where the subject comes. */
export const place = "{subject}";

const iconSetsKey = ["icon-sets"] as const;
const listKey = [...iconSetsKey, "list"];
const pageSize = 12;
const refetch_ms = 1_500;

function of(setId: string) {
  return { kind: "icon", set_id: setId } as const;
}

/** Whether a later look will show more: what is drawn yet, or measured yet. */
function isChanging(set: IconSet): boolean {
  return set.status === "in_progress" || set.items.some((item) => item.images.length > 0 && !item.scores);
}

export function iconSetQuery(setId: string) {
  return queryOptions({
    queryKey: [...iconSetsKey, "one", setId],
    queryFn: () => unwrap(api.GET("/v1/{kind}-sets/{set_id}", { params: { path: of(setId) } })),
    refetchInterval: ({ state }) => (state.data && isChanging(state.data) ? refetch_ms : false),
  });
}

export const iconSetsQuery = infiniteQueryOptions({
  queryKey: listKey,
  queryFn: ({ pageParam }) =>
    unwrap(
      api.GET("/v1/{kind}-sets", {
        params: { path: { kind: "icon" }, query: { limit: pageSize, after: pageParam } },
      }),
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
});

/** For what answers with the set as it is then: it is shown at once. */
export function useSetChange<Wish>(change: (wish: Wish) => Promise<IconSet>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (set) => {
      queryClient.setQueryData(iconSetQuery(set.id).queryKey, set);
      return queryClient.invalidateQueries({ queryKey: listKey });
    },
  });
}

/** Lets all that was read of a set be read anew. */
export function useRereadSets() {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey: iconSetsKey });
}

export function createIconSet(body: IconSetBody): Promise<IconSet> {
  return unwrap(api.POST("/v1/icon-sets", { body }));
}

export function addSubjects(setId: string, subjects: string[]): Promise<IconSet> {
  const path = { set_id: setId };
  return unwrap(api.POST("/v1/icon-sets/{set_id}/items", { params: { path }, body: { subjects } }));
}

export function drawAgain(setId: string, itemId: string): Promise<IconSet> {
  const path = { ...of(setId), item_id: itemId };
  return unwrap(api.POST("/v1/{kind}-sets/{set_id}/items/{item_id}/regenerate", { params: { path } }));
}

export function cancelIconSet(setId: string): Promise<IconSet> {
  return unwrap(api.POST("/v1/{kind}-sets/{set_id}/cancel", { params: { path: of(setId) } }));
}

export function deleteIconSet(setId: string): Promise<void> {
  return settle(api.DELETE("/v1/{kind}-sets/{set_id}", { params: { path: of(setId) } }));
}

export function exportIconSet(setId: string, files: SetFiles): Promise<Blob> {
  return unwrap(
    api.GET("/v1/{kind}-sets/{set_id}/export", {
      params: { path: of(setId), query: { files } },
      parseAs: "blob",
    }),
  );
}
