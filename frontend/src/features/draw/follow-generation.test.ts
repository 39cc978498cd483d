import { expect, test } from "vitest";
import { generation } from "@/testing/generation";
import { refusal, serve, stream } from "@/testing/server";
import { followGeneration, type GenerationEvent } from "./follow-generation";

const route = "GET /v1/generations/gen_1/events";

function changed(type: string, seq: number): string {
  return `event: ${type}\nid: gen_1:${seq}\ndata: ${JSON.stringify({ type, generation: generation() })}\n\n`;
}

async function follow() {
  const told: string[] = [];
  const connections: boolean[] = [];
  await followGeneration("gen_1", new AbortController().signal, {
    onEvent: (event: GenerationEvent) => told.push(event.type),
    onConnection: (isConnected) => connections.push(isConnected),
  });
  return { told, connections };
}

test("after a lost connection the stream goes on behind the last event seen", async () => {
  const lastEventIds: (string | null)[] = [];
  const step = `data: ${JSON.stringify({ type: "generation.step", image_index: 0, step: 1, num_steps: 2 })}\n\n`;
  const streams = [
    stream(
      changed("generation.queued", 1),
      ": keep-alive\n",
      changed("generation.in_progress", 2) + step,
      "data: {cut",
    ),
    stream(changed("generation.completed", 3)),
  ];
  serve({
    [route]: (request) => {
      lastEventIds.push(request.headers.get("last-event-id"));
      return streams[lastEventIds.length - 1] ?? refusal(500, "No more streams.");
    },
  });

  const { told, connections } = await follow();

  expect(told).toEqual(["queued", "in_progress", "step", "completed"].map((one) => `generation.${one}`));
  expect(lastEventIds).toEqual([null, "gen_1:2"]);
  expect(connections).toEqual([true, false, true]);
});

test("an event may come in pieces", async () => {
  const [head, tail] = [
    changed("generation.completed", 1).slice(0, 30),
    changed("generation.completed", 1).slice(30),
  ];
  serve({ [route]: () => stream(head, tail) });

  expect((await follow()).told).toEqual(["generation.completed"]);
});

test("a refusal that no second try changes is thrown", async () => {
  serve({ [route]: () => refusal(404, "There is no generation 'gen_1'.") });

  await expect(follow()).rejects.toThrow("There is no generation 'gen_1'.");
});
