import { Progress as Bar, Button, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { cancelGeneration } from "@/lib/generations";
import { type Drawing, progressOf, remaining_s } from "./drawing";

type ProgressProps = { drawing: Drawing; isConnected: boolean };

function about(time_s: number): string {
  return time_s < 90 ? `about ${Math.max(1, Math.round(time_s))} s` : `about ${Math.round(time_s / 60)} min`;
}

/** Where the generation is: its place in the queue, or how far it is drawn. */
export function stateOf(drawing: Drawing): string {
  if (drawing.queue) {
    const { position, eta_s } = drawing.queue;
    const place = position === 1 ? "Next in the queue" : `Number ${position} in the queue`;
    return eta_s === null ? place : `${place}, ${about(eta_s)}`;
  }
  const rest_s = remaining_s(drawing);
  const share = `Drawing, ${Math.round(100 * progressOf(drawing))} %`;
  return rest_s === null ? share : `${share}, ${about(rest_s)} left`;
}

export function Progress({ drawing, isConnected }: ProgressProps) {
  const cancel = useMutation({ mutationFn: () => cancelGeneration(drawing.generation.id) });

  return (
    <div>
      <Group justify="space-between" wrap="nowrap" mb={6}>
        <Text size="sm" role="status">
          {isConnected ? stateOf(drawing) : "The connection was lost; it is being drawn on. Trying again…"}
        </Text>
        <Button
          size="compact-sm"
          variant="default"
          loading={cancel.isPending}
          onClick={() => cancel.mutate()}
        >
          {cancel.isError ? "Not cancelled: try again" : "Cancel"}
        </Button>
      </Group>
      <Bar value={100 * progressOf(drawing)} aria-label="Progress" size="sm" />
    </div>
  );
}
