import { ApiError, isErrorEnvelope } from "./api-error";
import { readEvents } from "./sse";

type Followed<Event> = {
  open: (lastEventId: string | null) => Promise<ReadableStream<Uint8Array> | null>;
  /** Answers whether it was the last. */
  onEvent: (event: Event) => boolean;
  onConnection: (isConnected: boolean) => void;
  /** Asked when a stream has closed without a last event. */
  isOver?: () => Promise<boolean>;
};

const firstPause_ms = 500;
const longestPause_ms = 8_000;

function pause(time_ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, time_ms);
    signal.addEventListener("abort", () => [clearTimeout(timer), resolve()], { once: true });
  });
}

function parse<Event>(data: string): Event {
  const told: unknown = JSON.parse(data);
  // The stream had begun with 200; what went wrong since is told in it.
  if (isErrorEnvelope(told)) throw new ApiError(told.error.message, 0);
  return told as Event;
}

/**
 * Reads server-sent events to their end. After a lost connection it goes on behind the last event seen.
 * Throws the `ApiError` of a refusal that no second try changes.
 */
export async function follow<Event>(
  { open, onEvent, onConnection, isOver }: Followed<Event>,
  signal: AbortSignal,
): Promise<void> {
  let lastEventId: string | null = null;
  let pause_ms = firstPause_ms;
  while (!signal.aborted) {
    try {
      const body = await open(lastEventId);
      onConnection(true);
      if (!body) return;
      for await (const { id, data } of readEvents(body)) {
        const isLast = onEvent(parse<Event>(data));
        lastEventId = id ?? lastEventId;
        pause_ms = firstPause_ms;
        if (isLast) return;
      }
      if (await isOver?.()) return;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && !error.isPassing) throw error;
    }
    onConnection(false);
    await pause(pause_ms, signal);
    pause_ms = Math.min(2 * pause_ms, longestPause_ms);
  }
}
