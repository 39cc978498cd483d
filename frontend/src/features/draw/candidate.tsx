import { Card, Text, UnstyledButton } from "@mantine/core";
import { GenerationImage } from "@/components/generation-image";
import { ScoreBadge } from "@/components/scores/score-badge";
import type { Generation } from "@/lib/generations";

type CandidateProps = {
  generation: Generation;
  index: number;
  isMeasured: boolean;
  onOpen: () => void;
};

export function Candidate({ generation, index, isMeasured, onOpen }: CandidateProps) {
  const { id, prompt, size, images, model } = generation;
  const seed = images.find((image) => image.index === index)?.seed;

  return (
    <Card withBorder padding="xs">
      <Card.Section>
        <UnstyledButton w="100%" display="block" onClick={onOpen} aria-label={`Look at image ${index + 1}`}>
          <GenerationImage generationId={id} index={index} size={size} alt={prompt} />
        </UnstyledButton>
      </Card.Section>
      <Text size="xs" mt={6}>
        Seed {seed}
      </Text>
      {isMeasured && model === "icon" && <ScoreBadge generationId={id} index={index} prompt={prompt} />}
    </Card>
  );
}
