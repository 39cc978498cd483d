import { NativeSelect } from "@mantine/core";
import type { GetInputPropsReturnType } from "@mantine/form";
import type { KeylineTemplate } from "@/lib/models";

type KeylineFieldProps = { field: GetInputPropsReturnType; keylines: KeylineTemplate[] };

export function KeylineField({ field, keylines }: KeylineFieldProps) {
  const data = [
    { value: "", label: "As drawn" },
    ...keylines.map(({ name, use }) => ({ value: name, label: `${name}: ${use}` })),
  ];
  return (
    <NativeSelect
      label="Keyline"
      description="The finished icon is scaled and centred to lie on it."
      data={data}
      {...field}
    />
  );
}
