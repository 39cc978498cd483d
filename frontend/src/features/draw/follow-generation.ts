import type { components } from "@/client/schema";
import { api, unwrap } from "@/lib/api";
import { ApiError, isErrorEnvelope } from "@/lib/api-error";
import { readEvents } from "@/lib/sse";

type Schemas = components["schemas"];
export type GenerationEvent =
  | Schemas["GenerationChanged"]
  | (Schemas["GenerationQueue"] & { type: "generation.queue" })
  | (Schemas["GenerationStep"] & { type: "generation.step" })
  | (Schemas["GenerationPreview"] & { type: "generation.preview" });

type Listener = {
  onEvent: (event: GenerationEvent) => void;
  onConnection: (isConnected: boolean) => void;
};

const firstPause_ms = 500;
const longestPause_ms = 8_000;
const endings = ["completed", "failed", "cancelled", "expired"].map((status) => `generation.${status}`);

function openStream(id: string, lastEventId: string | null, signal: AbortSignal) {
  const header = lastEventId ? { "last-event-id": lastEventId } : {};
  return unwrap(
    api.GET("/v1/generations/{generation_id}/events", {
      params: { path: { generation_id: id }, header },
      parseAs: "stream",
      signal,
    }),
  );
}

function parseEvent(data: string): GenerationEvent {
  const told: unknown = JSON.parse(data);
  // The stream had begun with 200; what went wrong since is told in it.
  if (isErrorEnvelope(told)) throw new ApiError(told.error.message, 0);
  return told as GenerationEvent;
}

function pause(time_ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, time_ms);
    signal.addEventListener("abort", () => [clearTimeout(timer), resolve()], { once: true });
  });
}

/**
 * Tells a generation's events to its end. After a lost connection it goes on behind the last event seen.
 * Throws the `ApiError` of a refusal that no second try changes.
 */
export async function followGeneration(id: string, signal: AbortSignal, listener: Listener): Promise<void> {
  let lastEventId: string | null = null;
  let pause_ms = firstPause_ms;
  while (!signal.aborted) {
    try {
      const body: ReadableStream<Uint8Array> | null = await openStream(id, lastEventId, signal);
      listener.onConnection(true);
      if (!body) return;
      for await (const { id: eventId, data } of readEvents(body)) {
        const event = parseEvent(data);
        lastEventId = eventId ?? lastEventId;
        pause_ms = firstPause_ms;
        listener.onEvent(event);
        if (endings.includes(event.type)) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && !error.isPassing) throw error;
    }
    listener.onConnection(false);
    await pause(pause_ms, signal);
    pause_ms = Math.min(2 * pause_ms, longestPause_ms);
  }
}
