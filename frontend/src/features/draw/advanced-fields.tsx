import { Collapse, Group, NumberInput, Stack, Textarea, UnstyledButton } from "@mantine/core";
import { useId, useState } from "react";
import { type DrawForm, isAdvancedField } from "./use-draw-form";

type AdvancedFieldsProps = { form: DrawForm };

export function AdvancedFields({ form }: AdvancedFieldsProps) {
  const [isOpenByUser, setIsOpenByUser] = useState(false);
  const panelId = useId();
  const isOpen = isOpenByUser || Object.keys(form.errors).some(isAdvancedField);

  return (
    <div>
      <UnstyledButton
        fz="sm"
        fw={500}
        aria-expanded={isOpen}
        aria-controls={panelId}
        onClick={() => setIsOpenByUser(!isOpen)}
      >
        {isOpen ? "▾" : "▸"} Advanced
      </UnstyledButton>
      <Collapse expanded={isOpen} id={panelId}>
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
        </Stack>
      </Collapse>
    </div>
  );
}
