import { useMutation, useQueryClient } from "@tanstack/react-query";
import { fetchModels, modelsQuery } from "@/lib/models";
import { startSession } from "@/lib/session";

/** Checks the key against the API; the session starts only when the server accepts it. */
export function useSignIn() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (apiKey: string) => fetchModels(apiKey),
    onSuccess: (models, apiKey) => {
      queryClient.setQueryData(modelsQuery.queryKey, models);
      startSession(apiKey);
    },
  });
}
