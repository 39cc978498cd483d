import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { components } from "@/client/schema";
import { openStudioSignedIn } from "@/testing/open-studio";
import { user as ada, refusal, serve, stream } from "@/testing/server";
import { listedTrainings, training } from "@/testing/training";

type Event = components["schemas"]["FineTuningEvent"];

const events = "GET /v1/fine_tuning/jobs/ftjob_1/events";
const job = "GET /v1/fine_tuning/jobs/ftjob_1";
const jobs = "GET /v1/fine_tuning/jobs";

function told(seq: number, fields: Partial<Event>): string {
  const id = `ftjob_1:${seq}`;
  const event = { id, created_at: 1_790_000_000, level: "info", type: "message", data: null, ...fields };
  return `id: ${id}\ndata: ${JSON.stringify({ message: "", ...event })}\n\n`;
}

function step(seq: number, number: number, loss: number): string {
  return told(seq, { type: "metrics", message: `step ${number}`, data: { step: number, loss } });
}

test("a training is followed over a lost connection to what it became", async () => {
  const lastEventIds: (string | null)[] = [];
  let now = training();
  let goOn = () => {};
  const goesOn = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const streams = [
    stream(told(1, { message: "looking at the data set" }), step(2, 1, 0.9), step(3, 2, 0.7), "data: {cut"),
    stream(step(4, 3, 0.4), told(5, { message: "the job has succeeded" })),
  ];
  serve({
    "GET /v1/users/me": () =>
      Response.json({ ...ada, role: "admin", scopes: ["generate", "train", "admin"] }),
    [jobs]: () => listedTrainings(now),
    [job]: () => Response.json(now),
    [events]: async (request) => {
      if (lastEventIds.push(request.headers.get("last-event-id")) === 2) {
        await goesOn;
        now = training({ status: "succeeded", progress: 1, fine_tuned_model: "stkr@5e6f7a8b" });
      }
      return streams[lastEventIds.length - 1] ?? refusal(404, "No more streams.");
    },
    "POST /v1/model_versions/stkr%405e6f7a8b/promote": () => refusal(409, "A replica refused it."),
  });
  const user = openStudioSignedIn("/styles?tab=training&job=ftjob_1");

  expect(await screen.findByText(/The connection was lost/)).toBeDefined();
  await waitFor(() => expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("5"));
  goOn();
  expect(await screen.findByRole("img", { name: /Loss over 3 of 40 steps/ })).toBeDefined();
  const messages = within(screen.getByRole("log", { name: "Messages" }));
  expect(messages.getByText("the job has succeeded")).toBeDefined();
  expect(messages.queryByText(/step/)).toBeNull();
  expect(lastEventIds).toEqual([null, "ftjob_1:3"]);
  await user.click(await screen.findByRole("button", { name: "Make it live…" }));
  await user.click(await screen.findByRole("button", { name: "Make it live" }));
  expect(await screen.findByText("A replica refused it.")).toBeDefined();
});

test("a training is paused, and goes on when it is resumed", async () => {
  let now = training({ status: "running", progress: 0.5 });
  const become = (status: "paused" | "queued") => () => {
    now = training({ status, progress: 0.5 });
    return Response.json(now);
  };
  serve({
    [jobs]: () => listedTrainings(now),
    [job]: () => Response.json(now),
    [events]: () => stream(step(1, 20, 0.5)),
    "POST /v1/fine_tuning/jobs/ftjob_1/pause": become("paused"),
    "POST /v1/fine_tuning/jobs/ftjob_1/resume": become("queued"),
  });
  const user = openStudioSignedIn("/styles?tab=training&job=ftjob_1");

  await user.click(await screen.findByRole("button", { name: "Pause" }));
  await user.click(await screen.findByRole("button", { name: "Resume" }));
  expect(await screen.findByRole("button", { name: "Pause" })).toBeDefined();
});

test("a training that waits can be cancelled", async () => {
  let now = training({ status: "queued" });
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  serve({
    [jobs]: () => listedTrainings(now),
    [job]: () => Response.json(now),
    [events]: async () => {
      await ended;
      return stream(told(1, { message: "the job has been cancelled" }));
    },
    "POST /v1/fine_tuning/jobs/ftjob_1/cancel": () => {
      now = training({ status: "cancelled" });
      end();
      return Response.json(now);
    },
  });
  const user = openStudioSignedIn("/styles?tab=training");

  await user.click(await screen.findByRole("button", { name: "Look at the training of stkr" }));
  expect(await screen.findByText("Waiting for its turn")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Cancel" }));

  expect(await screen.findByText("the job has been cancelled")).toBeDefined();
  expect(screen.queryByRole("progressbar")).toBeNull();
});
