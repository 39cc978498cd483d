import { queryOptions } from "@tanstack/react-query";
import type { components } from "@/client/schema";
import { api, unwrap } from "@/lib/api";
import { follow } from "@/lib/follow";

type Schemas = components["schemas"];
export type Training = Schemas["FineTuningJob"];
export type TrainingBody = Schemas["FineTuningBody"];
export type TrainingEvent = Schemas["FineTuningEvent"];

export const trainingsKey = ["trainings"] as const;

const refetch_ms = 3_000;
const pageSize = 50;

export function isUnderWay({ status }: Training): boolean {
  return ["validating_files", "queued", "running", "paused"].includes(status);
}

export const trainingsQuery = queryOptions({
  queryKey: [...trainingsKey, "all"],
  queryFn: () => unwrap(api.GET("/v1/fine_tuning/jobs", { params: { query: { limit: pageSize } } })),
  refetchInterval: (query) => (query.state.data?.data.some(isUnderWay) ? refetch_ms : false),
});

function pathOf(id: string) {
  return { fine_tuning_job_id: id };
}

function readTraining(id: string): Promise<Training> {
  return unwrap(api.GET("/v1/fine_tuning/jobs/{fine_tuning_job_id}", { params: { path: pathOf(id) } }));
}

export function trainingQuery(id: string) {
  return queryOptions({
    queryKey: [...trainingsKey, "one", id],
    queryFn: () => readTraining(id),
    refetchInterval: (query) => (query.state.data && isUnderWay(query.state.data) ? refetch_ms : false),
  });
}

export function createTraining(body: TrainingBody): Promise<Training> {
  return unwrap(api.POST("/v1/fine_tuning/jobs", { body }));
}

export type TrainingAct = "pause" | "resume" | "cancel";

export function upon(id: string, act: TrainingAct): Promise<Training> {
  return unwrap(
    api.POST(`/v1/fine_tuning/jobs/{fine_tuning_job_id}/${act}`, { params: { path: pathOf(id) } }),
  );
}

type Listener = {
  onEvent: (event: TrainingEvent) => void;
  onConnection: (isConnected: boolean) => void;
};

/** Tells what happened to a job from its beginning, and on to its end. Throws what `follow` throws. */
export function followTraining(id: string, signal: AbortSignal, listener: Listener): Promise<void> {
  const open = (lastEventId: string | null) =>
    unwrap(
      api.GET("/v1/fine_tuning/jobs/{fine_tuning_job_id}/events", {
        params: {
          path: pathOf(id),
          query: { stream: true },
          header: lastEventId ? { "last-event-id": lastEventId } : {},
        },
        parseAs: "stream",
        signal,
      }),
    );
  const onEvent = (event: TrainingEvent) => {
    listener.onEvent(event);
    return false; // that it has ended, the closed stream and the job say
  };
  const isOver = async () => !isUnderWay(await readTraining(id));
  return follow({ open, onEvent, isOver, onConnection: listener.onConnection }, signal);
}
