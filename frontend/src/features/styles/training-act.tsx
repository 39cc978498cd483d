import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type Training, type TrainingAct, trainingsKey, upon } from "./trainings";

type TrainingActProps = { training: Training; act: TrainingAct };

const words: Record<TrainingAct, { ask: string; isDone: string; failed: string }> = {
  pause: { ask: "Pause", isDone: "Pausing…", failed: "Not paused: try again" },
  resume: { ask: "Resume", isDone: "Resuming…", failed: "Not resumed: try again" },
  cancel: { ask: "Cancel", isDone: "Stopping…", failed: "Not cancelled: try again" },
};

/** A running training stops at its next step: until its status changes, it says so. */
export function TrainingActButton({ training, act }: TrainingActProps) {
  const queryClient = useQueryClient();
  const { mutate, isPending, isSuccess, isError } = useMutation({
    mutationFn: () => upon(training.id, act),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: trainingsKey }),
  });
  const { ask, isDone, failed } = words[act];

  return (
    <Button
      size="compact-sm"
      variant="default"
      loading={isPending}
      disabled={isSuccess}
      onClick={() => mutate()}
    >
      {isSuccess ? isDone : isError ? failed : ask}
    </Button>
  );
}
