import { Center, SimpleGrid, Stack, Text } from "@mantine/core";
import type { Generation } from "./generate-images";
import { ImageCard } from "./image-card";
import { gridColumns } from "./layout";

type ResultsProps = {
  generations: Generation[];
  isPending: boolean;
  onUseSeed: (seed: number) => void;
};

export function Results({ generations, isPending, onUseSeed }: ResultsProps) {
  if (generations.length === 0 && !isPending) {
    return (
      <Center mih={{ base: 120, sm: 320 }}>
        <Text c="dimmed" ta="center">
          Your images appear here.
        </Text>
      </Center>
    );
  }
  return generations.map((generation) => (
    <Stack key={generation.id} component="section" gap="sm" aria-label={`Images for: ${generation.prompt}`}>
      <div>
        <Text fw={500} lineClamp={2}>
          {generation.prompt}
        </Text>
        <Text size="xs" c="dimmed">
          {generation.model} · {generation.size} · {generation.modelVersion}
        </Text>
      </div>
      <SimpleGrid cols={gridColumns(generation.images.length)}>
        {generation.images.map((image) => (
          <ImageCard key={image.index} generation={generation} image={image} onUseSeed={onUseSeed} />
        ))}
      </SimpleGrid>
    </Stack>
  ));
}
