import { Button, Group, Progress, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { cancelTraining, type Training, trainingsKey } from "./trainings";

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
  const queryClient = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => cancelTraining(training.id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: trainingsKey }),
  });
  const share = Math.max(training.progress, step / training.hyperparameters.steps);

  return (
    <div>
      <Group justify="space-between" wrap="nowrap" mb={6}>
        <Text size="sm" role="status">
          {isConnected
            ? stateOf(training, step)
            : "The connection was lost; it is being trained on. Trying again…"}
        </Text>
        <Button
          size="compact-sm"
          variant="default"
          loading={cancel.isPending}
          disabled={cancel.isSuccess}
          onClick={() => cancel.mutate()}
        >
          {cancel.isSuccess ? "Stopping…" : cancel.isError ? "Not cancelled: try again" : "Cancel"}
        </Button>
      </Group>
      <Progress value={100 * share} aria-label="Progress" size="sm" />
    </div>
  );
}
