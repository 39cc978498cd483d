import {
  Alert,
  Button,
  Group,
  Input,
  NativeSelect,
  NumberInput,
  SegmentedControl,
  Stack,
  Textarea,
} from "@mantine/core";
import { getHotkeyHandler } from "@mantine/hooks";
import type { Model } from "@/lib/models";
import { AdvancedFields } from "./advanced-fields";
import type { GenerateForm } from "./use-generate-form";

const kindNames: Record<string, string> = { icon: "Icon", splash: "Splash" };

type GenerateFieldsProps = {
  form: GenerateForm;
  models: Model[];
  formError: string | null;
  isPending: boolean;
};

export function GenerateFields({ form, models, formError, isPending }: GenerateFieldsProps) {
  const sizes = models.find((model) => model.id === form.values.model)?.sizes ?? [];

  function chooseModel(id: string) {
    const model = models.find((candidate) => candidate.id === id);
    if (!model) return;
    form.setFieldValue("model", id);
    form.setFieldValue("size", model.default_size);
  }

  return (
    <Stack>
      <Input.Wrapper error={form.errors.model}>
        <SegmentedControl
          fullWidth
          aria-label="Kind of image"
          data={models.map(({ id }) => ({ value: id, label: kindNames[id] ?? id }))}
          value={form.values.model}
          onChange={chooseModel}
        />
      </Input.Wrapper>
      <Textarea
        label="Prompt"
        placeholder="A paper plane over a blue circle"
        autosize
        minRows={3}
        maxRows={10}
        onKeyDown={getHotkeyHandler([
          ["mod+Enter", (event) => (event.currentTarget as HTMLTextAreaElement).form?.requestSubmit()],
        ])}
        {...form.getInputProps("prompt")}
      />
      <Group grow align="start">
        <NativeSelect label="Size" data={sizes} {...form.getInputProps("size")} />
        <NumberInput
          label="Seed"
          placeholder="Random"
          allowNegative={false}
          allowDecimal={false}
          hideControls
          {...form.getInputProps("seed")}
        />
      </Group>
      <Input.Wrapper label="Images" labelElement="div" error={form.errors.n}>
        <SegmentedControl
          fullWidth
          aria-label="Number of images"
          data={["1", "2", "3", "4"]}
          {...form.getInputProps("n")}
        />
      </Input.Wrapper>
      <AdvancedFields form={form} />
      {formError && (
        <Alert color="red" title="No images were made">
          {formError}
        </Alert>
      )}
      <Button type="submit" size="md" loading={isPending}>
        Generate
      </Button>
    </Stack>
  );
}
