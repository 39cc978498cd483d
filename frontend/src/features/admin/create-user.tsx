import { Button, Modal, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { DialogActions } from "@/components/dialog-actions";
import { ErrorAlert } from "@/components/error-alert";
import { Form } from "@/components/form";
import { Secret } from "@/components/secret";
import { createUser, passwordLink, type Role, usersQuery } from "./users-query";

const roles = [
  { value: "member", label: "Member: draws, and has keys" },
  { value: "admin", label: "Admin: also makes users" },
];

type CreateUserProps = { isOpen: boolean; onClose: () => void };

export function CreateUser({ isOpen, onClose }: CreateUserProps) {
  const queryClient = useQueryClient();
  const form = useForm({
    initialValues: { name: "", email: "", role: "member" },
    validate: {
      name: (name) =>
        /^[a-z0-9][a-z0-9._-]*$/.test(name) ? null : "Use a to z, digits, dot, dash and underscore.",
    },
  });
  const create = useMutation({
    mutationFn: createUser,
    onSuccess: () => queryClient.invalidateQueries(usersQuery),
  });
  const submit = form.onSubmit(({ name, email, role }) =>
    create.mutate({ name, email: email || undefined, role: role as Role }),
  );

  return (
    <Modal opened={isOpen} onClose={onClose} title="New user">
      {create.data ? (
        <Stack>
          <Secret
            title={`${create.data.name} can come in`}
            value={passwordLink(create.data.password_token)}
            hint="Send them this link, with which they set their password. It works once, for a week, and is not shown again."
          />
          <Button onClick={onClose}>Done</Button>
        </Stack>
      ) : (
        <Form onSubmit={submit}>
          <TextInput label="Name" placeholder="ada" data-autofocus {...form.getInputProps("name")} />
          <TextInput label="E-mail" description="May be left out." {...form.getInputProps("email")} />
          <NativeSelect label="Role" data={roles} {...form.getInputProps("role")} />
          {create.error && <ErrorAlert title="No user was made" error={create.error} />}
          <DialogActions submit="Create" isPending={create.isPending} onClose={onClose} />
        </Form>
      )}
    </Modal>
  );
}
