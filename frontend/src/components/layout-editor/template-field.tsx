import { NativeSelect } from "@mantine/core";
import type { CompositionTemplate } from "@/lib/models";

type TemplateFieldProps = {
  templates: CompositionTemplate[];
  onChoose: (template: CompositionTemplate) => void;
};

/** Fills the boxes once; they are the user's own from then on. */
export function TemplateField({ templates, onChoose }: TemplateFieldProps) {
  return (
    <NativeSelect
      label="Start from a template"
      value=""
      data={[
        { value: "", label: "Choose…" },
        ...templates.map(({ name, use }) => ({ value: name, label: `${name}: ${use}` })),
      ]}
      onChange={(event) => {
        const chosen = templates.find(({ name }) => name === event.currentTarget.value);
        if (chosen) onChoose(chosen);
      }}
    />
  );
}
