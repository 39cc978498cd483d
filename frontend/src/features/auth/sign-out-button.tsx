import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { modelsQuery } from "@/lib/models";
import { endSession } from "@/lib/session";

export function SignOutButton() {
  const queryClient = useQueryClient();

  function signOut() {
    queryClient.removeQueries({ queryKey: modelsQuery.queryKey });
    endSession();
  }

  return (
    <Button variant="subtle" color="gray" size="compact-sm" onClick={signOut}>
      Sign out
    </Button>
  );
}
