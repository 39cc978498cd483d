import { Alert, SimpleGrid, Stack, Text } from "@mantine/core";
import { type Generation, isUnderWay } from "@/lib/generations";
import { moment } from "@/lib/moments";
import { Candidate } from "./candidate";
import { gridColumns } from "./grid-columns";
import { UnderWay } from "./under-way";

type ResultProps = {
  generation: Generation;
  /** Measuring takes the server's time: what is asked of the newest is not asked of all. */
  isNewest: boolean;
  onOpen: (index: number) => void;
};

const endings: Partial<Record<Generation["status"], string>> = {
  failed: "It could not be drawn",
  expired: "It was not begun in time",
  cancelled: "Cancelled",
};

export function Result({ generation, isNewest, onOpen }: ResultProps) {
  const { prompt, size, created_at, status, error } = generation;
  const ending = endings[status];

  return (
    <Stack component="section" gap="sm" aria-label={`Images for: ${prompt}`}>
      <div>
        <Text fw={600} lineClamp={2}>
          {prompt}
        </Text>
        <Text size="xs" c="dimmed">
          {moment(created_at)} · {size.replace("x", " × ")}
        </Text>
      </div>
      {ending && (
        <Alert color={status === "failed" ? "red" : "gray"} title={ending}>
          {error?.message}
        </Alert>
      )}
      {isUnderWay(generation) ? (
        <UnderWay generation={generation} onOpen={onOpen} />
      ) : (
        <SimpleGrid cols={gridColumns(generation)}>
          {generation.images.map(({ index }) => (
            <Candidate
              key={index}
              generation={generation}
              index={index}
              isMeasured={isNewest}
              onOpen={() => onOpen(index)}
            />
          ))}
        </SimpleGrid>
      )}
    </Stack>
  );
}
