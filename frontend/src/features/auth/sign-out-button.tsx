import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/lib/api";
import { toApiError } from "@/lib/api-error";
import { modelsQuery } from "@/lib/models";
import { endSession, readApiKey } from "@/lib/session";

/** A key is only forgotten; a password's session ends on the server too. */
async function signOutOfServer() {
  if (readApiKey() !== null) return;
  const { error, response } = await api.DELETE("/v1/sessions/current");
  if (!response.ok) throw toApiError(error, response.status);
}

export function SignOutButton() {
  const queryClient = useQueryClient();
  const signOut = useMutation({
    mutationFn: signOutOfServer,
    onSuccess: () => {
      queryClient.removeQueries({ queryKey: modelsQuery.queryKey });
      endSession();
    },
  });

  return (
    <Button
      variant="subtle"
      color={signOut.isError ? "red" : "gray"}
      size="compact-sm"
      loading={signOut.isPending}
      onClick={() => signOut.mutate()}
    >
      {signOut.isError ? "Sign out failed: try again" : "Sign out"}
    </Button>
  );
}
