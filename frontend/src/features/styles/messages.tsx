import { ScrollArea, Stack, Text } from "@mantine/core";
import { moment } from "@/lib/moments";
import type { TrainingEvent } from "./trainings";

/** What happened, the newest first; the steps are in the chart. */
export function Messages({ events }: { events: TrainingEvent[] }) {
  const messages = events.filter(({ type }) => type !== "metrics").reverse();
  if (messages.length === 0) return null;

  return (
    <ScrollArea.Autosize mah={220} viewportProps={{ tabIndex: 0, role: "log", "aria-label": "Messages" }}>
      <Stack gap={6}>
        {messages.map(({ id, level, message, created_at }) => (
          <div key={id}>
            <Text
              size="sm"
              fw={level === "info" ? 400 : 600}
              c={level === "error" ? "var(--mantine-color-error)" : undefined}
              style={{ overflowWrap: "anywhere" }}
            >
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
