import { Modal, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { DialogActions } from "@/components/dialog-actions";
import { ErrorAlert } from "@/components/error-alert";
import { Form } from "@/components/form";
import { renameStyle, type Style, useStyleChange } from "@/lib/styles";

type RenameDialogProps = { style: Style; onClose: () => void };

export function RenameDialog({ style, onClose }: RenameDialogProps) {
  const rename = useStyleChange((name: string) => renameStyle(style, name));
  const form = useForm({
    initialValues: { name: style.name },
    validate: { name: isNotEmpty("Give the style a name.") },
  });
  const submit = form.onSubmit(({ name }) => rename.mutate(name, { onSuccess: onClose }));

  return (
    <Modal opened onClose={onClose} title="Rename the style" closeButtonProps={{ "aria-label": "Close" }}>
      <Form onSubmit={submit}>
        <TextInput label="Name" maxLength={100} data-autofocus {...form.getInputProps("name")} />
        {rename.error && <ErrorAlert title="It keeps its name" error={rename.error} />}
        <DialogActions submit="Rename" isPending={rename.isPending} onClose={onClose} />
      </Form>
    </Modal>
  );
}
