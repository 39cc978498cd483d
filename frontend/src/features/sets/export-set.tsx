import { Modal, Radio, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { DialogActions } from "@/components/dialog-actions";
import { ErrorAlert } from "@/components/error-alert";
import { Form } from "@/components/form";
import { exportIconSet, type IconSet, type SetFiles } from "@/lib/icon-sets";
import { saveBlob } from "@/lib/save-blob";

type ExportSetProps = { set: IconSet; onClose: () => void };

export function ExportSet({ set, onClose }: ExportSetProps) {
  const form = useForm<{ files: SetFiles }>({ initialValues: { files: "png" } });
  const download = useMutation({
    mutationFn: (files: SetFiles) => exportIconSet(set.id, files),
    onSuccess: (zip) => {
      saveBlob(zip, `${set.name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-")}-icon-set.zip`);
      onClose();
    },
  });
  const submit = form.onSubmit(({ files }) => download.mutate(files));

  return (
    <Modal opened onClose={onClose} title="Export the set" closeButtonProps={{ "aria-label": "Close" }}>
      <Form onSubmit={submit}>
        <Radio.Group
          label="Files"
          description="With a contact sheet and a report of how alike they look."
          {...form.getInputProps("files")}
        >
          <Stack gap="xs" mt={6}>
            <Radio value="png" label="A PNG of each icon" />
            <Radio
              value="bundle"
              label="What platforms want of each"
              description="iOS, Android, web app and favicon. Takes a few seconds an icon."
            />
          </Stack>
        </Radio.Group>
        {download.error && <ErrorAlert title="Nothing was exported" error={download.error} />}
        <DialogActions submit="Download zip" isPending={download.isPending} onClose={onClose} />
      </Form>
    </Modal>
  );
}
