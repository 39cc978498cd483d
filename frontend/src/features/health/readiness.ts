import { queryOptions } from "@tanstack/react-query";
import type { components } from "@/client/schema";
import { api } from "@/lib/api";
import { toApiError } from "@/lib/api-error";

export type Readiness = components["schemas"]["Readiness"];

function isReadiness(body: unknown): body is Readiness {
  return typeof body === "object" && body !== null && "deployments" in body;
}

/** 200 and 503 both answer with a `Readiness`; anything else is an error. */
async function fetchReadiness(): Promise<Readiness> {
  const { data, error, response } = await api.GET("/readyz");
  const body: unknown = data ?? error;
  if (!isReadiness(body)) throw toApiError(body, response);
  return body;
}

export const readinessQuery = queryOptions({
  queryKey: ["readiness"],
  queryFn: fetchReadiness,
  refetchInterval: 5_000,
  retry: false,
});
