import { Group, NumberInput, Stack, Textarea } from "@mantine/core";
import { Disclosure } from "@/components/disclosure";
import type { ControlKind } from "@/lib/models";
import { ControlFields } from "./control-fields";
import { type DrawForm, isAdvancedField } from "./use-draw-form";

type AdvancedFieldsProps = { form: DrawForm; controlKinds: ControlKind[] };

export function AdvancedFields({ form, controlKinds }: AdvancedFieldsProps) {
  return (
    <Disclosure label="Advanced" isForced={Object.keys(form.errors).some(isAdvancedField)}>
      {() => (
        <Stack pt="sm">
          <Textarea
            label="Negative prompt"
            description="What the image must not show."
            autosize
            minRows={2}
            {...form.getInputProps("negative_prompt")}
          />
          <Group grow align="start">
            <NumberInput
              label="Steps"
              placeholder="By quality"
              allowNegative={false}
              allowDecimal={false}
              {...form.getInputProps("num_inference_steps")}
            />
            <NumberInput
              label="Guidance scale"
              placeholder="Default"
              allowNegative={false}
              step={0.5}
              {...form.getInputProps("guidance_scale")}
            />
          </Group>
          <ControlFields form={form} kinds={controlKinds} />
        </Stack>
      )}
    </Disclosure>
  );
}
