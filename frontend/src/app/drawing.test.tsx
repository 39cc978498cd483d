import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { generation } from "@/testing/generation";
import { openStudioSignedIn } from "@/testing/open-studio";
import { listed, refusal, serve, stream, told } from "@/testing/server";

const events = "GET /v1/generations/gen_1/events";

test("previews and progress are shown, and cancelling asks the server", async () => {
  let isCancelled = false;
  const drawn = generation({ status: "in_progress", images: [], progress: 0 });
  serve({
    "GET /v1/generations": () =>
      listed(isCancelled ? generation({ status: "cancelled", images: [] }) : drawn),
    [events]: () =>
      stream(
        told({ type: "generation.in_progress", generation: drawn }, 2),
        told({ type: "generation.step", image_index: 0, step: 5, num_steps: 20 }),
        told({ type: "generation.preview", image_index: 0, step: 5, num_steps: 20, b64_json: btoa("png") }),
        isCancelled
          ? told({ type: "generation.cancelled", generation: generation({ status: "cancelled" }) }, 3)
          : "",
      ),
    "POST /v1/generations/gen_1/cancel": () => {
      isCancelled = true;
      return Response.json(generation({ status: "cancelled", images: [] }));
    },
  });
  const user = openStudioSignedIn();

  expect(await screen.findByRole("img", { name: "Preview 1" })).toBeDefined();
  expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("25");
  await user.click(screen.getByRole("button", { name: "Cancel" }));

  expect(await screen.findByText("Cancelled")).toBeDefined();
});

test("an image that has the focus keeps it when the rest is finished", async () => {
  const whole = generation({ seeds: [11, 12] });
  let now = generation({ ...whole, status: "in_progress", images: whole.images.slice(0, 1) });
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  serve({
    "GET /v1/generations": () => listed(now),
    [events]: async () => {
      await ended;
      now = whole;
      return stream(told({ type: "generation.completed", generation: whole }, 3));
    },
    "GET /v1/generations/gen_1/images/0/scores": () => refusal(429, "Later."),
    "GET /v1/generations/gen_1/images/1/scores": () => refusal(429, "Later."),
  });
  openStudioSignedIn();

  (await screen.findByRole("button", { name: "Look at image 1" })).focus();
  end();

  expect(await screen.findByRole("button", { name: "Look at image 2" })).toBeDefined();
  await waitFor(() => expect(screen.queryByRole("progressbar")).toBeNull());
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Look at image 1" }));
});
