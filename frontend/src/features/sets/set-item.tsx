import { Badge, Button, Card, Group, Progress, Text, UnstyledButton } from "@mantine/core";
import { GenerationImage } from "@/components/generation-image";
import { drawAgain, type IconSetItem, useSetChange } from "@/lib/icon-sets";
import { distanceVerdict } from "./alike";
import classes from "./sets.module.css";

const words: Record<IconSetItem["status"], string> = {
  queued: "Waiting",
  in_progress: "Being drawn",
  completed: "No image",
  failed: "It could not be drawn",
  cancelled: "Cancelled",
  expired: "It was not begun in time",
  deleted: "Its image was deleted",
};

type SetItemProps = { setId: string; item: IconSetItem; isHero: boolean; onOpen: () => void };

export function SetItem({ setId, item, isHero, onOpen }: SetItemProps) {
  const again = useSetChange(() => drawAgain(setId, item.id));
  const { subject, status, progress, generation_id, size, images, distance, error } = item;
  const isUnderWay = status === "queued" || status === "in_progress";
  const verdict = distance && distanceVerdict(distance);

  return (
    <Card withBorder padding="xs" component="section" aria-label={subject}>
      <Card.Section>
        {images.length > 0 ? (
          <UnstyledButton w="100%" display="block" onClick={onOpen} aria-label={`Look at ${subject}`}>
            <GenerationImage generationId={generation_id} index={0} size={size} alt={subject} isThumbnail />
          </UnstyledButton>
        ) : (
          <div className={classes.waiting}>
            <Text size="sm" c="dimmed">
              {words[status]}
            </Text>
          </div>
        )}
      </Card.Section>
      <Group justify="space-between" gap={4} mt={6} wrap="nowrap">
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
        <Text size="xs" c="red">
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
