import { Group, Progress, Text } from "@mantine/core";
import { TrainingActButton } from "./training-act";
import type { Training } from "./trainings";

type TrainingProgressProps = {
  training: Training;
  /** The last that was told. */
  step: number;
  isConnected: boolean;
};

function stateOf({ status, hyperparameters }: Training, step: number): string {
  if (status === "validating_files") return "Looking at the pictures";
  if (status === "queued") return "Waiting for its turn";
  if (status === "paused") return `Paused at step ${step} of ${hyperparameters.steps}`;
  return `Step ${step} of ${hyperparameters.steps}`;
}

export function TrainingProgress({ training, step, isConnected }: TrainingProgressProps) {
  const rests = training.status === "paused" ? "resume" : "pause";
  const share = Math.max(training.progress, step / training.hyperparameters.steps);

  return (
    <div>
      <Group justify="space-between" wrap="nowrap" mb={6}>
        <Text size="sm" role="status">
          {isConnected
            ? stateOf(training, step)
            : "The connection was lost; it is being trained on. Trying again…"}
        </Text>
        <Group gap="xs" wrap="nowrap">
          {training.status !== "validating_files" && (
            <TrainingActButton key={rests} training={training} act={rests} />
          )}
          <TrainingActButton training={training} act="cancel" />
        </Group>
      </Group>
      <Progress value={100 * share} aria-label="Progress" size="sm" />
    </div>
  );
}
