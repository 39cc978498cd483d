import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { openStudioSignedIn } from "@/testing/open-studio";
import { refusal, serve } from "@/testing/server";

const generationsRoute = "POST /v1/images/generations";

function generation(seeds: number[]): Response {
  return Response.json({
    created: 0,
    id: "gen_1",
    model: "icon",
    model_version: "starter@ab12cd34",
    data: seeds.map((seed, index) => ({ b64_json: btoa("png"), url: null, seed, index })),
    size: "256x256",
    output_format: "png",
    usage: {},
  });
}

test("generating sends the form and shows the images", async () => {
  const bodies: unknown[] = [];
  serve({
    [generationsRoute]: async (request) => {
      bodies.push(await request.json());
      return generation([11, 12]);
    },
  });
  const user = openStudioSignedIn();

  await user.type(await screen.findByLabelText("Prompt"), "a blue bird");
  await user.click(screen.getByRole("radio", { name: "2" }));
  await user.selectOptions(screen.getByLabelText("Size"), "128x128");
  await user.click(screen.getByRole("button", { name: "Generate" }));

  expect(await screen.findAllByRole("img", { name: "a blue bird" })).toHaveLength(2);
  expect(screen.getAllByRole("link", { name: "Download" })[1]?.getAttribute("download")).toBe(
    "emblem-icon-12-1.png",
  );
  expect(bodies).toEqual([
    {
      prompt: "a blue bird",
      model: "icon",
      n: 2,
      size: "128x128",
      response_format: "b64_json",
      output_format: "png",
    },
  ]);
});

test("the seed of an image can be used again", async () => {
  serve({ [generationsRoute]: () => generation([77]) });
  const user = openStudioSignedIn();

  await user.type(await screen.findByLabelText("Prompt"), "a blue bird");
  await user.click(screen.getByRole("button", { name: "Generate" }));
  await user.click(await screen.findByRole("button", { name: "Use this seed" }));

  expect(screen.getByLabelText<HTMLInputElement>("Seed").value).toBe("77");
});

test("choosing splash offers the sizes of the splash model", async () => {
  serve();
  const user = openStudioSignedIn();

  await user.click(await screen.findByRole("radio", { name: "Splash" }));

  const options = within(screen.getByLabelText("Size")).getAllByRole("option");
  expect(options.map((option) => option.textContent)).toEqual(["144x320"]);
});

test("an error lands on the field that it names, also in the closed advanced part", async () => {
  serve({ [generationsRoute]: () => refusal(400, "Use at most 50 steps.", "num_inference_steps") });
  const user = openStudioSignedIn();

  await user.type(await screen.findByLabelText("Prompt"), "a blue bird");
  await user.click(screen.getByRole("button", { name: "Generate" }));

  expect(await screen.findByText("Use at most 50 steps.")).toBeDefined();
  const steps = screen.getByLabelText("Steps");
  expect(steps.getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByRole("button", { name: /Advanced/ }).getAttribute("aria-expanded")).toBe("true");
});

test("an error without a field is shown above the button", async () => {
  serve({ [generationsRoute]: () => refusal(429, "Too many requests, retry in 8 s.") });
  const user = openStudioSignedIn();

  await user.type(await screen.findByLabelText("Prompt"), "a blue bird");
  await user.click(screen.getByRole("button", { name: "Generate" }));

  expect((await screen.findByRole("alert")).textContent).toContain("Too many requests, retry in 8 s.");
});

test("while images are made the page shows the elapsed seconds", async () => {
  serve({ [generationsRoute]: () => new Promise<Response>(() => {}) });
  const user = openStudioSignedIn();

  await user.type(await screen.findByLabelText("Prompt"), "a blue bird");
  await user.click(screen.getByRole("button", { name: "Generate" }));

  expect(await screen.findByText("Generating 1 image")).toBeDefined();
  expect(await screen.findByText("1 s", undefined, { timeout: 3_000 })).toBeDefined();
});
