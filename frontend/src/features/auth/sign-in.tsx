import { Alert, Anchor, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useSessionNotice } from "@/lib/session";
import { KeyForm } from "./key-form";
import { PasswordForm } from "./password-form";

export function SignIn() {
  const [isWithKey, setIsWithKey] = useState(false);
  const notice = useSessionNotice();

  return (
    <Paper withBorder radius="lg" p="xl" maw={440} mx="auto" mt="xl">
      <Stack>
        <div>
          <Title order={1} size="h2">
            Sign in
          </Title>
          <Text c="dimmed" mt={4}>
            Icons and splash screens in your house style.
          </Text>
        </div>
        {notice && (
          <Alert color="yellow" title="Signed out">
            {notice}
          </Alert>
        )}
        {isWithKey ? <KeyForm /> : <PasswordForm />}
        <Group justify="space-between">
          <Anchor component="button" type="button" size="sm" onClick={() => setIsWithKey(!isWithKey)}>
            {isWithKey ? "Use a password" : "Use an API key"}
          </Anchor>
          <Anchor size="sm" renderRoot={(root) => <Link to="/set-password" {...root} />}>
            Set a password
          </Anchor>
        </Group>
      </Stack>
    </Paper>
  );
}
