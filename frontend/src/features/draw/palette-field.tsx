import { ColorSwatch, Group, TagsInput } from "@mantine/core";
import { colourNames, hexOf } from "@/lib/colours";
import type { DrawForm } from "./use-draw-form";

type PaletteFieldProps = { form: DrawForm };

const maxColours = 8;

/** The icon's only colours, by name or in hexadecimal. */
export function PaletteField({ form }: PaletteFieldProps) {
  const { palette } = form.values;
  return (
    <TagsInput
      label="Palette"
      description="The finished icon has these colours and no others. Empty: any."
      placeholder={palette.length === 0 ? "#2660e8" : undefined}
      data={colourNames}
      maxTags={maxColours}
      rightSection={
        palette.length > 0 && (
          <Group gap={2} wrap="nowrap" pr="xs">
            {palette.map((colour) => (
              <ColorSwatch key={colour} color={colour} size={14} />
            ))}
          </Group>
        )
      }
      rightSectionWidth={palette.length * 17 + 12}
      value={palette}
      onChange={(said) => form.setFieldValue("palette", said.map(hexOf))}
      error={form.errors.palette}
    />
  );
}
