import { Group, UnstyledButton } from "@mantine/core";
import { GenerationImage } from "@/components/generation-image";
import type { Generation } from "@/lib/generations";

type StripProps = { generation: Generation; index: number; onPick: (index: number) => void };

/** The images of one generation, to go from one to the next. */
export function Strip({ generation, index, onPick }: StripProps) {
  return (
    <Group gap="xs">
      {generation.images.map((image) => (
        <UnstyledButton
          key={image.index}
          w={56}
          aria-label={`Image ${image.index + 1}`}
          aria-pressed={image.index === index}
          onClick={() => onPick(image.index)}
          style={{
            outline: image.index === index ? "3px solid var(--mantine-primary-color-filled)" : undefined,
            borderRadius: 6,
            overflow: "hidden",
          }}
        >
          <GenerationImage
            generationId={generation.id}
            index={image.index}
            size={generation.size}
            alt=""
            isThumbnail
          />
        </UnstyledButton>
      ))}
    </Group>
  );
}
