import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { followTraining, type TrainingEvent, trainingsKey } from "./trainings";

// Thousands of steps may be told at once, of a job that is read from its beginning.
const gather_ms = 100;

/** What has happened to a job so far, and goes on to happen; has the lists read anew at its end. */
export function useTrainingEvents(id: string) {
  const [events, setEvents] = useState<TrainingEvent[]>([]);
  const [isConnected, setIsConnected] = useState(true);
  const [refusal, setRefusal] = useState<Error | null>(null);
  const queryClient = useQueryClient();

  useEffect(() => {
    const leaving = new AbortController();
    const told: TrainingEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      timer = undefined;
      setEvents([...told]);
    };
    followTraining(id, leaving.signal, {
      onEvent: (event) => {
        told.push(event);
        timer ??= setTimeout(show, gather_ms);
      },
      onConnection: setIsConnected,
    })
      .catch(setRefusal)
      .finally(() => {
        if (!leaving.signal.aborted) queryClient.invalidateQueries({ queryKey: trainingsKey });
      });
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [id, queryClient]);

  return { events, isConnected, refusal };
}
