import { SimpleGrid, Stack } from "@mantine/core";
import type { Generation } from "@/lib/generations";
import { Candidate } from "./candidate";
import { gridColumns } from "./grid-columns";
import { Preview } from "./preview";
import { Progress } from "./progress";
import { useDrawing } from "./use-drawing";

type UnderWayProps = { generation: Generation; onOpen: (index: number) => void };

export function UnderWay({ generation, onOpen }: UnderWayProps) {
  const { drawing, isConnected } = useDrawing(generation);
  const now = drawing.generation;
  const finished = new Set(now.images.map((image) => image.index));

  return (
    <Stack gap="sm">
      <Progress drawing={drawing} isConnected={isConnected} />
      <SimpleGrid cols={gridColumns(now)}>
        {now.seeds.map((seed, index) =>
          finished.has(index) ? (
            <Candidate
              key={seed}
              generation={now}
              index={index}
              isMeasured={false}
              onOpen={() => onOpen(index)}
            />
          ) : (
            <Preview key={seed} url={drawing.previews[index]} size={now.size} number={index + 1} />
          ),
        )}
      </SimpleGrid>
    </Stack>
  );
}
