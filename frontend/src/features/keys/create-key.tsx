import { Button, Modal, NativeSelect, Stack, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { DialogActions } from "@/components/dialog-actions";
import { ErrorAlert } from "@/components/error-alert";
import { Form } from "@/components/form";
import { Secret } from "@/components/secret";
import { createKey, keysQuery } from "./keys-query";

const expiries = [
  { value: "", label: "Never" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
];

type CreateKeyProps = { isOpen: boolean; onClose: () => void };

export function CreateKey({ isOpen, onClose }: CreateKeyProps) {
  const queryClient = useQueryClient();
  const form = useForm({
    initialValues: { name: "", expires_in_days: "" },
    validate: { name: isNotEmpty("Say what the key is for.") },
  });
  const create = useMutation({
    mutationFn: createKey,
    onSuccess: () => queryClient.invalidateQueries(keysQuery),
  });
  const submit = form.onSubmit(({ name, expires_in_days }) =>
    create.mutate({ name, expires_in_days: expires_in_days ? Number(expires_in_days) : undefined }),
  );

  return (
    <Modal opened={isOpen} onClose={onClose} title="New API key">
      {create.data ? (
        <Stack>
          <Secret
            title={`The key “${create.data.name}”`}
            value={create.data.key}
            hint="Copy it now: it is not shown again."
          />
          <Button onClick={onClose}>Done</Button>
        </Stack>
      ) : (
        <Form onSubmit={submit}>
          <TextInput label="Name" placeholder="build server" data-autofocus {...form.getInputProps("name")} />
          <NativeSelect label="Expires" data={expiries} {...form.getInputProps("expires_in_days")} />
          {create.error && <ErrorAlert title="No key was made" error={create.error} />}
          <DialogActions submit="Create" isPending={create.isPending} onClose={onClose} />
        </Form>
      )}
    </Modal>
  );
}
