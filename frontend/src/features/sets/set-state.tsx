import { Alert, Group, Paper, Progress, Text } from "@mantine/core";
import type { ImageSet } from "@/lib/sets";
import { consistencyVerdict } from "./alike";

/** How far the set is, and how alike its icons look. */
export function SetState({ set }: { set: ImageSet }) {
  const { status, num_completed, num_items, progress, consistency_score: score } = set;
  const verdict = set.kind === "icon" && typeof score === "number" ? consistencyVerdict(score) : null;

  return (
    <Paper withBorder p="md">
      <Group justify="space-between" gap="xs">
        <Text size="sm" role="status">
          {status === "in_progress"
            ? `Drawing, ${num_completed} of ${num_items} finished`
            : `${num_completed} of ${num_items} drawn`}
        </Text>
        {verdict && (
          <Text size="sm" role="group" aria-label="Consistency">
            <Text span fw={600} style={{ fontVariantNumeric: "tabular-nums" }}>
              {verdict.figure} alike
            </Text>{" "}
            · {verdict.words}
          </Text>
        )}
      </Group>
      {status === "in_progress" && (
        <Progress value={100 * progress} aria-label="Progress" size="sm" mt="xs" />
      )}
      {status === "incomplete" && (
        <Alert color="gray" mt="xs" p="xs">
          {num_items - num_completed === 1 ? "One has" : `${num_items - num_completed} have`} no image: draw
          again what is missing.
        </Alert>
      )}
    </Paper>
  );
}
