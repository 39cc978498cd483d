import { Button, PasswordInput, Stack } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useSignInWithKey } from "./use-sign-in";

export function KeyForm() {
  const [apiKey, setApiKey] = useState("");
  const signIn = useSignInWithKey();

  function submit(event: FormEvent) {
    event.preventDefault();
    signIn.mutate(apiKey.trim());
  }

  return (
    <Stack component="form" onSubmit={submit}>
      <PasswordInput
        label="API key"
        description="Kept in this tab only."
        placeholder="emb_…"
        autoComplete="off"
        required
        value={apiKey}
        onChange={(event) => setApiKey(event.currentTarget.value)}
        error={signIn.error?.message}
      />
      <Button type="submit" loading={signIn.isPending}>
        Sign in
      </Button>
    </Stack>
  );
}
