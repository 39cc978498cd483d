import { queryOptions } from "@tanstack/react-query";
import type { components } from "@/client/schema";
import { api, unwrap } from "@/lib/api";

export type Version = components["schemas"]["ModelVersion"];
export type Change = "promote" | "rollback";

export const versionsQuery = queryOptions({
  queryKey: ["model-versions"],
  queryFn: () => unwrap(api.GET("/v1/model_versions")),
});

export function changeVersion(id: string, change: Change): Promise<Version> {
  const params = { path: { model_version_id: id } };
  return unwrap(api.POST(`/v1/model_versions/{model_version_id}/${change}`, { params }));
}
