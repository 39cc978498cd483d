import { Alert, Stack, Text } from "@mantine/core";
import { type Generation, isUnderWay } from "@/lib/generations";
import { moment } from "@/lib/moments";
import { Images } from "./images";
import { Progress } from "./progress";
import { useDrawing } from "./use-drawing";

type ResultProps = {
  generation: Generation;
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
  const isFollowed = isUnderWay(generation);
  const { drawing, isConnected } = useDrawing(generation);

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
      {isFollowed && <Progress drawing={drawing} isConnected={isConnected} />}
      <Images
        generation={isFollowed ? drawing.generation : generation}
        previews={drawing.previews}
        isNewest={isNewest}
        onOpen={onOpen}
      />
    </Stack>
  );
}
