import { Group, List, Loader, Text, ThemeIcon } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ErrorAlert } from "@/components/error-alert";
import { coloursNamedIn } from "@/lib/colours";
import { scoresQuery } from "@/lib/scores";
import { verdictsOf } from "./verdicts";

type ScoreListProps = { generationId: string; index: number; prompt: string };

export function ScoreList({ generationId, index, prompt }: ScoreListProps) {
  const { data, error } = useQuery(scoresQuery(generationId, index, coloursNamedIn(prompt)));
  if (error) return <ErrorAlert title="The icon could not be measured" error={error} />;
  if (!data) return <Loader size="xs" aria-label="Measuring the icon" role="status" />;

  return (
    <List listStyleType="none" spacing={6} aria-label="Scores">
      {verdictsOf(data).map(({ name, figure, isGood, words }) => (
        <List.Item
          key={name}
          icon={
            <ThemeIcon size={18} radius="xl" variant="light" color={isGood ? "green" : "orange"} aria-hidden>
              {isGood ? "✓" : "!"}
            </ThemeIcon>
          }
          styles={{ itemWrapper: { alignItems: "start", width: "100%" }, itemLabel: { flex: 1 } }}
        >
          <Group justify="space-between" gap="xs" wrap="nowrap">
            <Text size="sm" fw={500}>
              {name}
            </Text>
            <Text size="sm" style={{ fontVariantNumeric: "tabular-nums", whiteSpace: "nowrap" }}>
              {figure}
            </Text>
          </Group>
          <Text size="xs" c="dimmed">
            {words}
          </Text>
        </List.Item>
      ))}
    </List>
  );
}
