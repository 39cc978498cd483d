import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { coloursNamedIn } from "@/lib/colours";
import { scoresQuery } from "@/lib/scores";
import { verdictsOf } from "./verdicts";

type ScoreBadgeProps = { generationId: string; index: number; prompt: string };

/** All scores in one line; what is wrong is named. */
export function ScoreBadge({ generationId, index, prompt }: ScoreBadgeProps) {
  const { data, error } = useQuery(scoresQuery(generationId, index, coloursNamedIn(prompt)));
  if (!data) {
    return (
      <Text size="xs" c="dimmed">
        {error ? "Not measured" : "Measuring…"}
      </Text>
    );
  }
  const verdicts = verdictsOf(data);
  const poor = verdicts.filter((verdict) => !verdict.isGood);

  return (
    <Text size="xs" c="dimmed" lineClamp={2}>
      {verdicts.length - poor.length} of {verdicts.length} checks good
      {poor.length > 0 && `; look at: ${poor.map((verdict) => verdict.name.toLowerCase()).join(", ")}`}
    </Text>
  );
}
