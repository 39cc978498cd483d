import { NativeSelect } from "@mantine/core";
import type { KeylineTemplate } from "@/lib/models";
import type { DrawForm } from "./use-draw-form";

type KeylineFieldProps = { form: DrawForm; keylines: KeylineTemplate[] };

export function KeylineField({ form, keylines }: KeylineFieldProps) {
  const data = [
    { value: "", label: "As drawn" },
    ...keylines.map(({ name, use }) => ({ value: name, label: `${name}: ${use}` })),
  ];
  return (
    <NativeSelect
      label="Keyline"
      description="The finished icon is scaled and centred to lie on it."
      data={data}
      {...form.getInputProps("keyline")}
    />
  );
}
