import { Button, Group, Input, Text } from "@mantine/core";
import type { Model } from "@/lib/models";
import type { DrawForm } from "./use-draw-form";

type AgainFieldProps = { form: DrawForm; model: Model };

/** By what an image was drawn, where it is to be drawn again; what no other field says. */
export function AgainField({ form, model }: AgainFieldProps) {
  const { model_version, sampler, guidance_rescale } = form.values;
  if (!model_version && !sampler) return null;

  const isLive = model_version === model.model_version;
  const version = isLive ? `${model_version}, the live one` : model_version;
  const rescaled = guidance_rescale > 0 && `guidance rescaled by ${guidance_rescale}`;
  return (
    <Input.Wrapper
      label="As it was drawn"
      labelElement="div"
      error={form.errors.model_version ?? form.errors.sampler}
    >
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {[version, sampler, rescaled].filter(Boolean).join(" · ")}
        </Text>
        <Button
          size="compact-sm"
          variant="default"
          flex="none"
          onClick={() => form.setValues({ model_version: "", sampler: null, guidance_rescale: 0 })}
        >
          {isLive ? "Don't pin it" : "Use the live model"}
        </Button>
      </Group>
    </Input.Wrapper>
  );
}
