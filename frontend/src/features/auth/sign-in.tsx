import { Alert, Button, Paper, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useSessionNotice } from "@/lib/session";
import { useSignIn } from "./use-sign-in";

export function SignIn() {
  const [apiKey, setApiKey] = useState("");
  const notice = useSessionNotice();
  const signIn = useSignIn();

  function submit(event: FormEvent) {
    event.preventDefault();
    signIn.mutate(apiKey.trim());
  }

  return (
    <Paper component="form" onSubmit={submit} withBorder radius="lg" p="xl" maw={440} mx="auto" mt="xl">
      <Stack>
        <div>
          <Title order={1} size="h2">
            Sign in
          </Title>
          <Text c="dimmed" mt={4}>
            Icons and splash screens in your house style.
          </Text>
        </div>
        {notice && !signIn.error && (
          <Alert color="yellow" title="Signed out">
            {notice}
          </Alert>
        )}
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
    </Paper>
  );
}
