import { Badge, Center, Text, UnstyledButton } from "@mantine/core";
import { GenerationImage } from "@/components/generation-image";
import type { Generation, Status } from "@/lib/generations";
import classes from "./tile.module.css";

const words: Record<Status, string> = {
  queued: "Waiting",
  in_progress: "Being drawn",
  completed: "No image",
  failed: "Failed",
  cancelled: "Cancelled",
  expired: "Expired",
};

type TileProps = { generation: Generation; onOpen: () => void };

/** The first image of a generation, and how many there are. */
export function Tile({ generation, onOpen }: TileProps) {
  const { id, prompt, size, images, status } = generation;
  const first = images[0];

  return (
    <UnstyledButton className={classes.tile} aria-label={prompt} onClick={onOpen}>
      <div className={classes.picture}>
        {first ? (
          <GenerationImage generationId={id} index={first.index} size={size} alt="" isThumbnail />
        ) : (
          <Center h="100%">
            <Text size="sm" c="dimmed">
              {words[status]}
            </Text>
          </Center>
        )}
        {images.length > 1 && (
          <Badge className={classes.count} color="dark" variant="filled" size="sm">
            {images.length}
          </Badge>
        )}
      </div>
      <Text size="xs" c="dimmed" lineClamp={1} mt={4}>
        {prompt}
      </Text>
    </UnstyledButton>
  );
}
