import { Chip, Group, Input } from "@mantine/core";
import { ColourSwatches } from "./colour-swatches";
import { WordChips } from "./word-chips";
import { chooseGround, chooseSubjectColour, groundOf, shapes, styleChoice, subjectColourOf } from "./words";

type IconWordsProps = { prompt: string; onChange: (prompt: string) => void };

/** Choices that write themselves into the prompt: "a flat white rocket on a blue rounded square". */
export function IconWords({ prompt, onChange }: IconWordsProps) {
  const ground = groundOf(prompt);

  return (
    <>
      <WordChips choice={styleChoice} prompt={prompt} onChange={onChange} />
      <ColourSwatches
        label="Subject's colour"
        value={subjectColourOf(prompt)}
        onChange={(colour) => onChange(chooseSubjectColour(prompt, colour))}
      />
      <ColourSwatches
        label="Ground's colour"
        value={ground.colour}
        onChange={(colour) => onChange(chooseGround(prompt, { ...ground, colour }))}
      />
      <Input.Wrapper label="Ground's shape" labelElement="div">
        <Group gap={6} mt={4} role="group" aria-label="Ground's shape">
          {shapes.map((shape) => (
            <Chip
              key={shape}
              size="xs"
              checked={shape === ground.shape}
              onChange={(isChecked) =>
                onChange(chooseGround(prompt, { ...ground, shape: isChecked ? shape : null }))
              }
            >
              {shape}
            </Chip>
          ))}
        </Group>
      </Input.Wrapper>
    </>
  );
}
