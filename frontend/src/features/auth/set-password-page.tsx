import { Alert, Button, Paper, PasswordInput, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useEffectEvent } from "react";
import { ErrorAlert } from "@/components/error-alert";
import { Form } from "@/components/form";
import { LinkButton } from "@/components/link-button";
import { api, settle } from "@/lib/api";

export function SetPasswordPage() {
  const { hash } = useLocation();
  const navigate = useNavigate();
  const form = useForm({
    initialValues: { token: "", password: "" },
    validate: {
      token: (value) => (value.trim() ? null : "Paste the token that you were given."),
      password: (value) => (value.length >= 12 ? null : "Use at least 12 characters."),
    },
  });
  const set = useMutation({
    mutationFn: (body: { token: string; password: string }) => settle(api.POST("/v1/passwords", { body })),
  });
  const takeToken = useEffectEvent((token: string) => {
    form.setFieldValue("token", token);
    // Out of the address, where it would stay in the browser's history.
    navigate({ to: "/set-password", hash: "", replace: true });
  });
  useEffect(() => {
    if (hash) takeToken(hash);
  }, [hash]);
  const submit = form.onSubmit((values) => set.mutate({ ...values, token: values.token.trim() }));

  return (
    <Paper withBorder radius="lg" p="xl" maw={440} mx="auto" mt="xl">
      <Form onSubmit={submit}>
        <div>
          <Title order={1} size="h2">
            Set your password
          </Title>
          <Text c="dimmed" mt={4}>
            With the token that you were given; it works once.
          </Text>
        </div>
        {set.isSuccess ? (
          <>
            <Alert color="green" role="status">
              Your password is set.
            </Alert>
            <LinkButton link={{ to: "/icons" }}>Sign in</LinkButton>
          </>
        ) : (
          <>
            <TextInput label="Token" autoComplete="off" {...form.getInputProps("token")} />
            <PasswordInput
              label="New password"
              description="12 to 128 characters"
              autoComplete="new-password"
              {...form.getInputProps("password")}
            />
            {set.error && <ErrorAlert title="The password was not set" error={set.error} />}
            <Button type="submit" loading={set.isPending}>
              Set password
            </Button>
          </>
        )}
      </Form>
    </Paper>
  );
}
