import { Button, NumberInput, SimpleGrid, Slider, Stack, Text, TextInput } from "@mantine/core";
import type { LayoutBox, Place } from "./boxes";

const sides: Record<keyof Place, string> = { left: "Left", top: "Top", width: "Width", height: "Height" };
const sideNames = Object.keys(sides) as (keyof Place)[];

type BoxFieldsProps = {
  box: LayoutBox;
  name: string;
  onChange: (changed: Partial<LayoutBox>) => void;
  onRemove: () => void;
};

/** A box in figures and words, for whom the canvas is out of reach. */
export function BoxFields({ box, name, onChange, onRemove }: BoxFieldsProps) {
  return (
    <Stack gap="xs">
      {box.kind === "region" && (
        <>
          <TextInput
            label="What it shows"
            placeholder="a lighthouse"
            maxLength={500}
            value={box.prompt}
            onChange={(event) => onChange({ prompt: event.currentTarget.value })}
          />
          <div>
            <Text size="sm" fw={500}>
              Weight of these words: {box.strength} %
            </Text>
            <Slider
              thumbLabel="Weight of these words"
              min={5}
              max={100}
              step={5}
              label={null}
              value={box.strength}
              onChange={(strength) => onChange({ strength })}
            />
          </div>
        </>
      )}
      <SimpleGrid cols={{ base: 2, xs: 4, sm: 2, lg: 4 }} spacing="xs">
        {sideNames.map((side) => (
          <NumberInput
            key={side}
            label={sides[side]}
            suffix=" %"
            min={0}
            max={100}
            allowNegative={false}
            allowDecimal={false}
            value={box[side]}
            onChange={(percent) => onChange({ [side]: Number(percent) })}
          />
        ))}
      </SimpleGrid>
      <Button
        size="compact-sm"
        variant="subtle"
        color="red"
        style={{ alignSelf: "start" }}
        aria-label={`Remove: ${name}`}
        onClick={onRemove}
      >
        Remove
      </Button>
    </Stack>
  );
}
