import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useSignInWithPassword } from "./use-sign-in";

export function PasswordForm() {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useSignInWithPassword();

  function submit(event: FormEvent) {
    event.preventDefault();
    signIn.mutate({ name: name.trim(), password });
  }

  return (
    <Stack component="form" onSubmit={submit}>
      <TextInput
        label="Name or e-mail"
        autoComplete="username"
        required
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <PasswordInput
        label="Password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        error={signIn.error?.message}
      />
      <Button type="submit" loading={signIn.isPending}>
        Sign in
      </Button>
    </Stack>
  );
}
