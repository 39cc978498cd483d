import { screen, within } from "@testing-library/react";
import type { UserEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { Generation } from "@/lib/generations";
import { generation } from "@/testing/generation";
import { openStudioSignedIn } from "@/testing/open-studio";
import { listed, refusal, serve, stream, told } from "@/testing/server";

const create = "POST /v1/generations";
const events = "GET /v1/generations/gen_1/events";
const waiting = generation({ status: "queued", images: [], progress: 0, queue_position: 2, eta_s: 12 });

async function writePrompt(user: UserEvent, prompt: string) {
  await user.type(await screen.findByLabelText("Prompt"), prompt);
}

test("drawing sends the form, shows the place in the queue and then the images", async () => {
  const bodies: unknown[] = [];
  let recent: Generation[] = [];
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  serve({
    [create]: async (request) => {
      bodies.push(await request.json());
      recent = [waiting];
      return Response.json(waiting, { status: 202 });
    },
    "GET /v1/generations": () => listed(...recent),
    [events]: async () => {
      await ended;
      recent = [generation()];
      return stream(told({ type: "generation.completed", generation: generation() }, 3));
    },
    "GET /v1/generations/gen_1/images/0": () => new Response("png"),
    "GET /v1/generations/gen_1/images/0/scores": () => refusal(429, "Later."),
  });
  const user = openStudioSignedIn();

  await writePrompt(user, "a bird");
  await user.click(within(screen.getByRole("group", { name: "Subject's colour" })).getByLabelText("blue"));
  await user.click(screen.getByRole("radio", { name: "4" }));
  await user.selectOptions(screen.getByLabelText("Size"), "128x128");
  await user.selectOptions(screen.getByLabelText("Keyline"), "material");
  await user.type(screen.getByRole("combobox", { name: "Palette" }), "navy{Enter}#FFFFFF{Enter}");
  await user.click(screen.getByRole("button", { name: "Draw" }));
  expect(await screen.findByText("Number 2 in the queue, about 12 s")).toBeDefined();
  end();

  expect(await screen.findByRole("img", { name: "a blue bird" })).toBeDefined();
  expect(bodies).toEqual([
    {
      prompt: "a blue bird",
      model: "icon",
      n: 4,
      size: "128x128",
      quality: "medium",
      partial_images: 3,
      layout: { keyline: { template: "material" } },
      palette: ["#14245c", "#ffffff"],
    },
  ]);
});

test("an error lands on the field that it names, also in the closed advanced part", async () => {
  serve({ [create]: () => refusal(400, "Use at most 50 steps.", "num_inference_steps") });
  const user = openStudioSignedIn();

  await writePrompt(user, "a blue bird");
  await user.click(screen.getByRole("button", { name: "Draw" }));

  expect(await screen.findByText("Use at most 50 steps.")).toBeDefined();
  expect(screen.getByLabelText("Steps").getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByRole("button", { name: /Advanced/ }).getAttribute("aria-expanded")).toBe("true");
});

test("one colour alone is not sent, and of a list the server's error lands on its field", async () => {
  let numSent = 0;
  serve({
    [create]: () => {
      numSent += 1;
      return refusal(400, "No such colour.", "palette.1");
    },
  });
  const user = openStudioSignedIn();

  await writePrompt(user, "a blue bird");
  await user.type(screen.getByRole("combobox", { name: "Palette" }), "navy{Enter}");
  await user.click(screen.getByRole("button", { name: "Draw" }));
  expect(await screen.findByText(/^Name a second colour/)).toBeDefined();
  expect(numSent).toBe(0);
  await user.type(screen.getByRole("combobox", { name: "Palette" }), "#12{Enter}");
  await user.click(screen.getByRole("button", { name: "Draw" }));

  expect(await screen.findByText("No such colour.")).toBeDefined();
  expect(screen.queryByRole("alert")).toBeNull();
});

test("an error without a field is shown above the button", async () => {
  serve({ [create]: () => refusal(429, "Too many requests, retry in 8 s.") });
  const user = openStudioSignedIn();

  await writePrompt(user, "a blue bird");
  await user.click(screen.getByRole("button", { name: "Draw" }));

  expect((await screen.findByRole("alert")).textContent).toContain("Too many requests, retry in 8 s.");
});
