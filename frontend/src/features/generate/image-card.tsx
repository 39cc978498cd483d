import { Button, Card, Group, Image, Text } from "@mantine/core";
import type { GeneratedImage, Generation } from "./generate-images";
import { aspectRatio } from "./layout";
import { useObjectUrl } from "./use-object-url";

type ImageCardProps = {
  generation: Generation;
  image: GeneratedImage;
  onUseSeed: (seed: number) => void;
};

export function ImageCard({ generation, image, onUseSeed }: ImageCardProps) {
  const url = useObjectUrl(image.blob);

  return (
    <Card withBorder radius="lg" padding="sm">
      <Card.Section bg="var(--mantine-color-default-hover)">
        <Image
          src={url}
          alt={generation.prompt}
          fit="contain"
          mah="60vh"
          style={{ aspectRatio: aspectRatio(generation.size) }}
        />
      </Card.Section>
      <Group justify="space-between" gap={0} mt="sm">
        <Text size="sm">Seed {image.seed}</Text>
        <Text size="sm" c="dimmed">
          {generation.size.replace("x", " × ")}
        </Text>
      </Group>
      <Group gap="xs" mt="xs">
        <Button
          component="a"
          href={url}
          download={`emblem-${generation.model}-${image.seed}-${image.index}.png`}
          size="xs"
          flex="1 1 auto"
        >
          Download
        </Button>
        <Button size="xs" variant="default" flex="1 1 auto" onClick={() => onUseSeed(image.seed)}>
          Use this seed
        </Button>
      </Group>
    </Card>
  );
}
