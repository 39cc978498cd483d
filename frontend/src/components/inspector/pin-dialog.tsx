import { Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { DialogActions } from "@/components/dialog-actions";
import { ErrorAlert } from "@/components/error-alert";
import { Form } from "@/components/form";
import { GenerationImage } from "@/components/generation-image";
import { LinkButton } from "@/components/link-button";
import type { Generation } from "@/lib/generations";
import { createStyle, type Style, type StyleBody, useStyleChange } from "@/lib/styles";

type PinDialogProps = { generation: Generation; index: number; onClose: () => void };

/** Makes a style that takes its look from one picture, and not what the picture shows. */
export function PinDialog({ generation, index, onClose }: PinDialogProps) {
  const { id, model, size } = generation;
  const pin = useStyleChange<StyleBody, Style>(createStyle);
  const form = useForm({
    initialValues: { name: "", prompt_suffix: "" },
    validate: { name: isNotEmpty("Give the style a name.") },
  });
  const submit = form.onSubmit((values) =>
    pin.mutate({
      ...values,
      kind: model,
      style_images: [{ generation_id: id, index, mode: "style" }],
      style_strength: 1,
    }),
  );

  return (
    <Modal opened onClose={onClose} title="Pin as style" closeButtonProps={{ "aria-label": "Close" }}>
      {pin.data ? (
        <Stack>
          <Text>“{pin.data.name}” can be chosen now wherever something is drawn.</Text>
          <Group justify="end">
            <LinkButton variant="default" link={{ to: "/styles" }}>
              See all styles
            </LinkButton>
            <LinkButton link={{ to: "/sets" }}>Draw a set</LinkButton>
          </Group>
        </Stack>
      ) : (
        <Form onSubmit={submit}>
          <Group wrap="nowrap" align="start">
            <div style={{ width: 88, flexShrink: 0, borderRadius: 8, overflow: "hidden" }}>
              <GenerationImage generationId={id} index={index} size={size} alt="The picture" isThumbnail />
            </div>
            <Text size="sm" c="dimmed">
              What is drawn in this style takes on the picture's colours and look. The picture is kept for it,
              also when it is deleted here.
            </Text>
          </Group>
          <TextInput
            label="Name"
            placeholder="House"
            maxLength={100}
            data-autofocus
            {...form.getInputProps("name")}
          />
          <TextInput
            label="Words"
            description="Go behind every prompt; may be empty."
            placeholder="line style"
            maxLength={500}
            {...form.getInputProps("prompt_suffix")}
          />
          {pin.error && <ErrorAlert title="Nothing was pinned" error={pin.error} />}
          <DialogActions submit="Pin it" isPending={pin.isPending} onClose={onClose} />
        </Form>
      )}
    </Modal>
  );
}
