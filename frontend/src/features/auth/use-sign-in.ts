import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { components } from "@/client/schema";
import { api, unwrap } from "@/lib/api";
import { fetchModels, modelsQuery } from "@/lib/models";
import { startPasswordSession, startSession } from "@/lib/session";

/** Checks the key against the API; the session starts only when the server accepts it. */
export function useSignInWithKey() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (apiKey: string) => fetchModels(apiKey),
    onSuccess: (models, apiKey) => {
      queryClient.setQueryData(modelsQuery.queryKey, models);
      startSession(apiKey);
    },
  });
}

/** The server answers with the session's cookie. */
export function useSignInWithPassword() {
  return useMutation({
    mutationFn: (body: components["schemas"]["SignInBody"]) => unwrap(api.POST("/v1/sessions", { body })),
    onSuccess: startPasswordSession,
  });
}
