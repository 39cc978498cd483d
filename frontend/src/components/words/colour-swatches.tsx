import { ColorSwatch, Group, Input, Tooltip, UnstyledButton } from "@mantine/core";
import { colourNames, colours } from "@/lib/colours";

type ColourSwatchesProps = {
  label: string;
  value: string | null;
  onChange: (colour: string | null) => void;
};

export function ColourSwatches({ label, value, onChange }: ColourSwatchesProps) {
  return (
    <Input.Wrapper label={label} labelElement="div">
      <Group gap={6} mt={4} role="group" aria-label={label}>
        {colourNames.map((name) => (
          <Tooltip key={name} label={name} openDelay={300}>
            <UnstyledButton
              aria-label={name}
              aria-pressed={name === value}
              onClick={() => onChange(name === value ? null : name)}
              style={{
                borderRadius: "50%",
                outline: name === value ? "3px solid var(--mantine-primary-color-filled)" : undefined,
                outlineOffset: 1,
              }}
            >
              <ColorSwatch color={`#${colours[name]}`} size={24} component="span" display="block" />
            </UnstyledButton>
          </Tooltip>
        ))}
      </Group>
    </Input.Wrapper>
  );
}
