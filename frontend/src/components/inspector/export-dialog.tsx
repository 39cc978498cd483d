import { Checkbox, ColorInput, Modal, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { DialogActions } from "@/components/dialog-actions";
import { ErrorAlert } from "@/components/error-alert";
import { Form } from "@/components/form";
import type { Generation } from "@/lib/generations";
import { saveBlob } from "@/lib/save-blob";
import { type ExportValues, offers } from "./export-offers";

type ExportDialogProps = { generation: Generation; index: number; isOpen: boolean; onClose: () => void };

export function ExportDialog({ generation, index, isOpen, onClose }: ExportDialogProps) {
  const { platforms, extras, send, file, title } = offers[generation.model];
  const form = useForm<ExportValues>({
    initialValues: {
      name: "App",
      background_color: "",
      platforms: Object.keys(platforms).filter((platform) => !extras.includes(platform)),
    },
    validate: {
      name: (name) => (name.trim() ? null : "Give the app a name."),
      platforms: (chosen) => (chosen.length > 0 ? null : "Choose at least one platform."),
    },
  });
  const download = useMutation({
    mutationFn: (values: ExportValues) => send(generation, index, values),
    onSuccess: (zip, { name }) => {
      saveBlob(zip, `${name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-")}-${file}.zip`);
      onClose();
    },
  });
  const submit = form.onSubmit((values) => download.mutate(values));

  return (
    <Modal opened={isOpen} onClose={onClose} title={title}>
      <Form onSubmit={submit}>
        <Checkbox.Group label="Platforms" {...form.getInputProps("platforms")}>
          <Stack gap="xs" mt={6}>
            {Object.entries(platforms).map(([value, label]) => (
              <Checkbox key={value} value={value} label={label} />
            ))}
          </Stack>
        </Checkbox.Group>
        <TextInput
          label="App name"
          description="Stands in the manifest."
          maxLength={100}
          {...form.getInputProps("name")}
        />
        <ColorInput
          label="Background"
          description="Empty: the image's own."
          placeholder="#2660e8"
          closeOnColorSwatchClick
          popoverProps={{ withinPortal: true }}
          {...form.getInputProps("background_color")}
        />
        {download.error && <ErrorAlert title="Nothing was exported" error={download.error} />}
        <DialogActions submit="Download zip" isPending={download.isPending} onClose={onClose} />
      </Form>
    </Modal>
  );
}
