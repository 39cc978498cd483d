import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useReducer, useState } from "react";
import { type Generation, generationsKey, isUnderWay } from "@/lib/generations";
import { begin, type Drawing, follow } from "./drawing";
import { followGeneration } from "./follow-generation";

/** Follows a generation that is under way to its end, and has the lists read anew then. */
export function useDrawing(generation: Generation): { drawing: Drawing; isConnected: boolean } {
  const [drawing, tell] = useReducer(follow, generation, begin);
  const [isConnected, setIsConnected] = useState(true);
  const queryClient = useQueryClient();
  const isFollowed = isUnderWay(generation);

  useEffect(() => {
    if (!isFollowed) return;
    const leaving = new AbortController();
    followGeneration(generation.id, leaving.signal, {
      onEvent: (event) => tell({ event, at_ms: performance.now() }),
      onConnection: setIsConnected,
    })
      // A refusal is shown by the lists, which are refused alike: the session has ended, or the generation is gone.
      .catch(() => undefined)
      .finally(() => {
        if (!leaving.signal.aborted) queryClient.invalidateQueries({ queryKey: generationsKey });
      });
    return () => leaving.abort();
  }, [generation.id, isFollowed, queryClient]);

  return { drawing, isConnected };
}
