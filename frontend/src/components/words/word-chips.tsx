import { Chip, Group, Input } from "@mantine/core";
import { choose, chosen, type WordChoice } from "./words";

type WordChipsProps = { choice: WordChoice; prompt: string; onChange: (prompt: string) => void };

export function WordChips({ choice, prompt, onChange }: WordChipsProps) {
  const current = chosen(prompt, choice);

  return (
    <Input.Wrapper label={choice.label} labelElement="div">
      <Group gap={6} mt={4} role="group" aria-label={choice.label}>
        {choice.options.map((option) => (
          <Chip
            key={option}
            size="xs"
            checked={option === current}
            onChange={(isChecked) => onChange(choose(prompt, choice, isChecked ? option : null))}
          >
            {option}
          </Chip>
        ))}
      </Group>
    </Input.Wrapper>
  );
}
