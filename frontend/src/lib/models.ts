import { queryOptions } from "@tanstack/react-query";
import type { components } from "@/client/schema";
import { api, unwrap } from "./api";

export type ModelList = components["schemas"]["ModelList"];
export type Model = components["schemas"]["Model"];
export type ControlKind = Model["control_kinds"][number];
export type KeylineTemplate = components["schemas"]["KeylineTemplate"];
export type KeylineName = KeylineTemplate["name"];
export type CompositionTemplate = components["schemas"]["CompositionTemplate"];
export type StyleModel = components["schemas"]["StyleModel"];

/** `candidateKey` is a key that is not the session's yet. */
export function fetchModels(candidateKey?: string): Promise<ModelList> {
  const headers = candidateKey ? { Authorization: `Bearer ${candidateKey}` } : {};
  return unwrap(api.GET("/v1/models", { headers }));
}

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: () => fetchModels(),
  staleTime: 60_000,
});

export function stylesOf(models: ModelList): StyleModel[] {
  return models.data.filter((one): one is StyleModel => one.kind === "style");
}
