import { Badge, Button, Card, Group, Progress, Text, UnstyledButton } from "@mantine/core";
import { aspectRatio } from "@/lib/images";
import { drawAgain, type ImageSetItem, type SetName, useSetChange } from "@/lib/sets";
import { distanceVerdict } from "./alike";
import { ItemPicture } from "./item-picture";
import classes from "./sets.module.css";

const words: Record<ImageSetItem["status"], string> = {
  queued: "Waiting",
  in_progress: "Being drawn",
  completed: "No image",
  failed: "It could not be drawn",
  cancelled: "Cancelled",
  expired: "It was not begun in time",
  deleted: "Its image was deleted",
};

type SetItemProps = { set: SetName; item: ImageSetItem; isHero: boolean; onOpen: () => void };

export function SetItem({ set, item, isHero, onOpen }: SetItemProps) {
  const again = useSetChange(() => drawAgain(set, item.id));
  const { subject, status, progress, size, images, distance, error } = item;
  const isUnderWay = status === "queued" || status === "in_progress";
  // Shapes and themes are meant to differ.
  const verdict = set.kind === "icon" && distance && distanceVerdict(distance);

  return (
    <Card withBorder padding="xs" component="section" aria-label={subject}>
      <Card.Section>
        {images.length > 0 ? (
          <UnstyledButton w="100%" display="block" onClick={onOpen} aria-label={`Look at ${subject}`}>
            <ItemPicture item={item} alt={subject} />
          </UnstyledButton>
        ) : (
          <div className={classes.waiting} style={{ aspectRatio: aspectRatio(size) }}>
            <Text size="sm" c="dimmed">
              {words[status]}
            </Text>
          </div>
        )}
      </Card.Section>
      <Group justify="space-between" gap={4} my={6} wrap="nowrap">
        <Text size="sm" fw={600} lineClamp={2} style={{ overflowWrap: "anywhere" }}>
          {subject}
        </Text>
        {isHero && (
          <Badge size="sm" variant="outline" style={{ flexShrink: 0 }}>
            Hero
          </Badge>
        )}
      </Group>
      {isUnderWay && (
        <Progress value={100 * progress} aria-label={`Progress of ${subject}`} size="sm" mt={6} />
      )}
      {verdict && (
        <Text size="xs" c="dimmed" mb={6}>
          {verdict.words} ({verdict.figure})
        </Text>
      )}
      {(error ?? again.error) && (
        <Text size="xs" c="var(--mantine-color-error)">
          {(error ?? again.error)?.message}
        </Text>
      )}
      {!isUnderWay && (
        <Button
          size="compact-sm"
          variant="default"
          mt="auto"
          aria-label={`Draw again: ${subject}`}
          loading={again.isPending}
          onClick={() => again.mutate(undefined)}
        >
          Draw again
        </Button>
      )}
    </Card>
  );
}
