import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { components } from "@/client/schema";
import { api, settle, unwrap } from "./api";
import type { Kind } from "./generations";

type Schemas = components["schemas"];
export type ImageSet = Schemas["ImageSet"];
export type ImageSetSummary = Schemas["ImageSetSummary"];
export type ImageSetItem = Schemas["ImageSetItem"];
export type IconSetBody = Schemas["IconSetBody"];
export type SplashSetBody = Schemas["SplashSetBody"];
export type Format = NonNullable<SplashSetBody["formats"]>[number];
export type Theme = NonNullable<SplashSetBody["themes"]>[number];
export type Distance = Schemas["Distance"];
/** A picture of each, or all that platforms want. */
export type SetFiles = "png" | "bundle";
/** What a set is named by. */
export type SetName = Pick<ImageSet, "kind" | "id">;

/** In one request. */
export const maxSubjects = 64;
/** What the template has where the subject comes. */
export const place = "{subject}";

const setsKey = ["sets"] as const;
const pageSize = 12;
const refetch_ms = 1_500;

function listKey(kind: Kind) {
  return [...setsKey, "list", kind];
}

function of({ kind, id }: SetName) {
  return { kind, set_id: id };
}

/** Whether a later look will show more: what is drawn yet, or measured yet. */
function isChanging(set: ImageSet): boolean {
  return set.status === "in_progress" || set.items.some((item) => item.images.length > 0 && !item.scores);
}

export function setQuery({ kind, id }: SetName) {
  return queryOptions({
    queryKey: [...setsKey, "one", kind, id],
    queryFn: () => unwrap(api.GET("/v1/{kind}-sets/{set_id}", { params: { path: of({ kind, id }) } })),
    refetchInterval: ({ state }) => (state.data && isChanging(state.data) ? refetch_ms : false),
  });
}

export function setsQuery(kind: Kind) {
  return infiniteQueryOptions({
    queryKey: listKey(kind),
    queryFn: ({ pageParam }) =>
      unwrap(
        api.GET("/v1/{kind}-sets", {
          params: { path: { kind }, query: { limit: pageSize, after: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
  });
}

/** For what answers with the set as it is then: it is shown at once. */
export function useSetChange<Wish>(change: (wish: Wish) => Promise<ImageSet>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (set) => {
      queryClient.setQueryData(setQuery(set).queryKey, set);
      return queryClient.invalidateQueries({ queryKey: listKey(set.kind) });
    },
  });
}

/** Lets all that was read of a set be read anew. */
export function useRereadSets() {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey: setsKey });
}

export function createIconSet(body: IconSetBody): Promise<ImageSet> {
  return unwrap(api.POST("/v1/icon-sets", { body }));
}

export function createSplashSet(body: SplashSetBody): Promise<ImageSet> {
  return unwrap(api.POST("/v1/splash-sets", { body }));
}

/** To an icon set. */
export function addSubjects(setId: string, subjects: string[]): Promise<ImageSet> {
  const path = { set_id: setId };
  return unwrap(api.POST("/v1/icon-sets/{set_id}/items", { params: { path }, body: { subjects } }));
}

export function drawAgain(set: SetName, itemId: string): Promise<ImageSet> {
  const path = { ...of(set), item_id: itemId };
  return unwrap(api.POST("/v1/{kind}-sets/{set_id}/items/{item_id}/regenerate", { params: { path } }));
}

export function cancelSet(set: SetName): Promise<ImageSet> {
  return unwrap(api.POST("/v1/{kind}-sets/{set_id}/cancel", { params: { path: of(set) } }));
}

export function deleteSet(set: SetName): Promise<void> {
  return settle(api.DELETE("/v1/{kind}-sets/{set_id}", { params: { path: of(set) } }));
}

/** Of a splash family, `bundle` is the launch screens of all platforms; of icons, each one's files. */
export function exportSet(set: ImageSet, files: SetFiles): Promise<Blob> {
  if (set.kind === "splash" && files === "bundle") {
    const body = { name: set.name, splash_set_id: set.id };
    return unwrap(api.POST("/v1/splash-exports", { body, parseAs: "blob" }));
  }
  const params = { path: of(set), query: { files } };
  return unwrap(api.GET("/v1/{kind}-sets/{set_id}/export", { params, parseAs: "blob" }));
}
