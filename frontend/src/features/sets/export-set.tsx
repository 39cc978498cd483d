import { Modal, Radio, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { DialogActions } from "@/components/dialog-actions";
import { ErrorAlert } from "@/components/error-alert";
import { Form } from "@/components/form";
import type { Kind } from "@/lib/generations";
import { saveBlob } from "@/lib/save-blob";
import { exportSet, type ImageSet, type SetFiles } from "@/lib/sets";

/** The end of the zip's name. */
const zips: Record<Kind, string> = { icon: "icon-set", splash: "splash-family" };
const bundles: Record<Kind, { label: string; description: string }> = {
  icon: {
    label: "What platforms want of each",
    description: "iOS, Android, web app and favicon. Takes a few seconds an icon.",
  },
  splash: {
    label: "Launch screens",
    description: "iOS, Android and web app: each screen gets the picture that fits it. Takes half a minute.",
  },
};

type ExportSetProps = { set: ImageSet; onClose: () => void };

export function ExportSet({ set, onClose }: ExportSetProps) {
  const form = useForm<{ files: SetFiles }>({ initialValues: { files: "png" } });
  const download = useMutation({
    mutationFn: (files: SetFiles) => exportSet(set, files),
    onSuccess: (zip) => {
      saveBlob(zip, `${set.name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-")}-${zips[set.kind]}.zip`);
      onClose();
    },
  });
  const submit = form.onSubmit(({ files }) => download.mutate(files));

  return (
    <Modal opened onClose={onClose} title="Export the set" closeButtonProps={{ "aria-label": "Close" }}>
      <Form onSubmit={submit}>
        <Radio.Group
          label="Files"
          description="With a contact sheet and a report."
          {...form.getInputProps("files")}
        >
          <Stack gap="xs" mt={6}>
            <Radio value="png" label="A PNG of each" />
            <Radio value="bundle" {...bundles[set.kind]} />
          </Stack>
        </Radio.Group>
        {download.error && <ErrorAlert title="Nothing was exported" error={download.error} />}
        <DialogActions submit="Download zip" isPending={download.isPending} onClose={onClose} />
      </Form>
    </Modal>
  );
}
