import { Alert, Modal, PasswordInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { DialogActions } from "@/components/dialog-actions";
import { ErrorAlert } from "@/components/error-alert";
import { Form } from "@/components/form";
import { api, settle } from "@/lib/api";

type ChangePasswordProps = { isOpen: boolean; onClose: () => void };
type Passwords = { current_password: string; password: string };

export function ChangePassword({ isOpen, onClose }: ChangePasswordProps) {
  const form = useForm<Passwords>({
    initialValues: { current_password: "", password: "" },
    validate: {
      current_password: isNotEmpty("Say the password that you have."),
      password: (value) => (value.length >= 12 ? null : "Use at least 12 characters."),
    },
  });
  const change = useMutation({
    mutationFn: (body: Passwords) => settle(api.POST("/v1/users/me/password", { body })),
  });

  return (
    <Modal opened={isOpen} onClose={onClose} title="Change your password">
      {change.isSuccess ? (
        <Alert color="green" role="status">
          Your password is changed. You are signed out everywhere else.
        </Alert>
      ) : (
        <Form onSubmit={form.onSubmit((passwords) => change.mutate(passwords))}>
          <PasswordInput
            label="Current password"
            autoComplete="current-password"
            data-autofocus
            {...form.getInputProps("current_password")}
          />
          <PasswordInput
            label="New password"
            description="12 to 128 characters"
            autoComplete="new-password"
            {...form.getInputProps("password")}
          />
          {change.error && <ErrorAlert title="The password was not changed" error={change.error} />}
          <DialogActions submit="Change password" isPending={change.isPending} onClose={onClose} />
        </Form>
      )}
    </Modal>
  );
}
