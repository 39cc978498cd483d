import { ColorSwatch, Group, TagsInput } from "@mantine/core";
import type { ReactNode } from "react";
import { colourNames, hexOf } from "@/lib/colours";

type PaletteFieldProps = {
  /** Hexadecimal, with `#`. */
  value?: string[];
  onChange?: (palette: string[]) => void;
  error?: ReactNode;
};

const maxColours = 8;

/** The icon's only colours, by name or in hexadecimal. */
export function PaletteField({ value = [], onChange, error }: PaletteFieldProps) {
  return (
    <TagsInput
      label="Palette"
      description="The finished icon has these colours, two or more, and no others. Empty: any."
      placeholder={value.length === 0 ? "#2660e8" : undefined}
      data={colourNames}
      maxTags={maxColours}
      rightSection={
        value.length > 0 && (
          <Group gap={2} wrap="nowrap" pr="xs">
            {value.map((colour) => (
              <ColorSwatch key={colour} color={colour} size={14} />
            ))}
          </Group>
        )
      }
      rightSectionWidth={value.length * 17 + 12}
      value={value}
      onChange={(said) => onChange?.(said.map(hexOf))}
      error={error}
    />
  );
}
