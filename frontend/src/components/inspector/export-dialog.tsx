import { Checkbox, ColorInput, Modal, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import type { components } from "@/client/schema";
import { DialogActions } from "@/components/dialog-actions";
import { ErrorAlert } from "@/components/error-alert";
import { Form } from "@/components/form";
import { api, unwrap } from "@/lib/api";
import { coloursNamedIn } from "@/lib/colours";
import type { Generation } from "@/lib/generations";
import { saveBlob } from "@/lib/save-blob";

type ExportBody = components["schemas"]["ExportBody"];
type Platform = NonNullable<ExportBody["platforms"]>[number];

const platforms: Record<Platform, string> = {
  ios: "iOS and macOS (AppIcon.appiconset)",
  android: "Android (adaptive layers, XML)",
  pwa: "Web app (manifest, maskable)",
  favicon: "Favicon (ICO of 16, 32, 48)",
};

type ExportDialogProps = { generation: Generation; index: number; isOpen: boolean; onClose: () => void };

export function ExportDialog({ generation, index, isOpen, onClose }: ExportDialogProps) {
  const form = useForm({
    initialValues: { name: "App", background_color: "", platforms: Object.keys(platforms) as Platform[] },
    validate: {
      name: (name) => (name.trim() ? null : "Give the app a name."),
      platforms: (chosen) => (chosen.length > 0 ? null : "Choose at least one platform."),
    },
  });
  const download = useMutation({
    mutationFn: (body: ExportBody) => unwrap(api.POST("/v1/exports", { body, parseAs: "blob" })),
    onSuccess: (zip, body) => {
      saveBlob(zip, `${body.name?.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-")}-icons.zip`);
      onClose();
    },
  });
  const submit = form.onSubmit(({ background_color, ...values }) =>
    download.mutate({
      ...values,
      generation_id: generation.id,
      index,
      background_color: background_color || undefined,
      colors: coloursNamedIn(generation.prompt).map((digits) => `#${digits}`),
    }),
  );

  return (
    <Modal opened={isOpen} onClose={onClose} title="Export the files that platforms want">
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
          description="Empty: the icon's own."
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
