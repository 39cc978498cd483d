import { ScrollArea, Stack, Text } from "@mantine/core";
import { moment } from "@/lib/moments";
import type { TrainingEvent } from "./trainings";

const colours: Record<TrainingEvent["level"], string | undefined> = {
  info: undefined,
  warn: "light-dark(var(--mantine-color-orange-9), var(--mantine-color-orange-4))",
  error: "error",
};

/** What happened, the newest first; the steps are in the chart. */
export function Messages({ events }: { events: TrainingEvent[] }) {
  const messages = events.filter(({ type }) => type !== "metrics").reverse();
  if (messages.length === 0) return null;

  return (
    <ScrollArea.Autosize mah={220} viewportProps={{ tabIndex: 0, role: "log", "aria-label": "Messages" }}>
      <Stack gap={6}>
        {messages.map(({ id, level, message, created_at }) => (
          <div key={id}>
            <Text size="sm" c={colours[level]} style={{ overflowWrap: "anywhere" }}>
              {message}
            </Text>
            <Text size="xs" c="dimmed">
              {moment(created_at)}
            </Text>
          </div>
        ))}
      </Stack>
    </ScrollArea.Autosize>
  );
}
