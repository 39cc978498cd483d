import { Alert, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ErrorAlert } from "@/components/error-alert";
import { Loading } from "@/components/loading";
import { SidePanel } from "@/components/side-panel";
import { LossChart } from "./loss-chart";
import { lossesOf } from "./losses";
import { Messages } from "./messages";
import { Outcome } from "./outcome";
import { PanelHead } from "./panel-head";
import { StatusBadge } from "./status-badge";
import { TrainingFacts } from "./training-facts";
import { TrainingProgress } from "./training-progress";
import { isUnderWay, trainingQuery } from "./trainings";
import { useTrainingEvents } from "./use-training-events";

type TrainingPanelProps = { id: string | undefined; onClose: () => void };

/** One training from near: how far it is, its loss, what happened to it, and what it became. */
export function TrainingPanel({ id, onClose }: TrainingPanelProps) {
  return (
    <SidePanel title="Training" id={id} onClose={onClose}>
      {(shown) => <Content key={shown} id={shown} />}
    </SidePanel>
  );
}

function Content({ id }: { id: string }) {
  const { data: training, error } = useQuery(trainingQuery(id));
  const { events, isConnected, refusal } = useTrainingEvents(id);
  if (error) return <ErrorAlert title="The training could not be read" error={error} />;
  if (!training) return <Loading what="the training" />;

  const losses = lossesOf(events);
  return (
    <Stack>
      <PanelHead name={training.suffix}>
        <StatusBadge status={training.status} />
      </PanelHead>
      {training.error && (
        <Alert color="red" title="It could not be trained">
          {training.error.message}
        </Alert>
      )}
      {isUnderWay(training) && (
        <TrainingProgress training={training} step={losses.at(-1)?.step ?? 0} isConnected={isConnected} />
      )}
      {training.fine_tuned_model && <Outcome model={training.suffix} version={training.fine_tuned_model} />}
      {losses.length > 1 && <LossChart losses={losses} numSteps={training.hyperparameters.steps} />}
      {refusal && <ErrorAlert title="What happened to it could not be read" error={refusal} />}
      <Messages events={events} />
      <TrainingFacts training={training} />
    </Stack>
  );
}
