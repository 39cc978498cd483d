import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { components } from "@/client/schema";
import { api, unwrap } from "@/lib/api";
import { modelsQuery } from "@/lib/models";

export type Version = components["schemas"]["ModelVersion"];

export const versionsQuery = queryOptions({
  queryKey: ["model-versions"],
  queryFn: () => unwrap(api.GET("/v1/model_versions")),
});

/** A sheet of what was drawn with it and without it, as a PNG. */
export function samplesQuery(id: string) {
  const params = { path: { model_version_id: id } };
  return queryOptions({
    queryKey: ["model-version-samples", id],
    queryFn: () =>
      unwrap(api.GET("/v1/model_versions/{model_version_id}/samples", { params, parseAs: "blob" })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** For what changes which version draws: what depends on it is read anew. */
export function useVersionChange<Wish>(change: (wish: Wish) => Promise<Version>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () =>
      Promise.all([queryClient.invalidateQueries(versionsQuery), queryClient.invalidateQueries(modelsQuery)]),
  });
}

/** `force`: also where its gates are not held. */
export function promoteVersion(id: string, force: boolean): Promise<Version> {
  const params = { path: { model_version_id: id } };
  return unwrap(api.POST("/v1/model_versions/{model_version_id}/promote", { params, body: { force } }));
}

export function rollBackVersion(id: string): Promise<Version> {
  const params = { path: { model_version_id: id } };
  return unwrap(api.POST("/v1/model_versions/{model_version_id}/rollback", { params }));
}

/** `share`: 0 to 1, of the drawings that name its model; `force` as in promoting. */
export function startCanary(id: string, share: number, force: boolean): Promise<Version> {
  const params = { path: { model_version_id: id } };
  return unwrap(api.POST("/v1/model_versions/{model_version_id}/canary", { params, body: { share, force } }));
}

export function failedGates({ gates }: Version): Version["gates"] {
  return gates.filter(({ holds }) => !holds);
}

/** The version that its name means, but for a canary's share. */
export function liveOf(model: string, all: Version[]): Version | undefined {
  return all.find((one) => one.model === model && one.status === "live");
}
