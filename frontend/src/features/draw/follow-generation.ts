import type { components } from "@/client/schema";
import { api, unwrap } from "@/lib/api";
import { follow } from "@/lib/follow";

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

/** Tells a generation's events to its end, over lost connections. Throws what `follow` throws. */
export function followGeneration(id: string, signal: AbortSignal, listener: Listener): Promise<void> {
  const open = (lastEventId: string | null) => openStream(id, lastEventId, signal);
  const onEvent = (event: GenerationEvent) => {
    listener.onEvent(event);
    return endings.includes(event.type);
  };
  return follow({ open, onEvent, onConnection: listener.onConnection }, signal);
}
