import { Chip, Group, Input, TextInput } from "@mantine/core";
import type { Format, Theme } from "@/lib/sets";
import type { DrawForm } from "./use-draw-form";

type FamilyFieldsProps = { form: DrawForm };

const formats: Record<Format, string> = { portrait: "Portrait", landscape: "Landscape", square: "Square" };
const themes: Record<Theme, string> = { light: "Light", dark: "Dark" };

/** In which shapes and themes one brief is drawn. */
export function FamilyFields({ form }: FamilyFieldsProps) {
  return (
    <>
      <TextInput
        label="Name of the family"
        placeholder="As the prompt"
        maxLength={100}
        {...form.getInputProps("name")}
      />
      <Group grow align="start">
        <Choices label="Shapes" words={formats} field={form.getInputProps("formats")} />
        <Choices label="Themes" words={themes} field={form.getInputProps("themes")} />
      </Group>
    </>
  );
}

type ChoicesProps = {
  label: string;
  words: Record<string, string>;
  field: ReturnType<DrawForm["getInputProps"]>;
};

function Choices({ label, words, field: { value, onChange, error } }: ChoicesProps) {
  return (
    <Input.Wrapper label={label} labelElement="div" error={error}>
      <Group gap={6} role="group" aria-label={label} mb={error ? 6 : 0}>
        <Chip.Group multiple value={value} onChange={onChange}>
          {Object.entries(words).map(([name, word]) => (
            <Chip key={name} value={name} size="xs">
              {word}
            </Chip>
          ))}
        </Chip.Group>
      </Group>
    </Input.Wrapper>
  );
}
