import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { generation } from "@/testing/generation";
import { openStudioSignedIn } from "@/testing/open-studio";
import { picture, refusal, serve } from "@/testing/server";

test("reproducing fills the form with what the image was drawn from", async () => {
  const drawn = generation({ seeds: [77, 78, 79, 80], num_inference_steps: 33, negative_prompt: "text" });
  serve({ "GET /v1/generations/gen_1": () => Response.json(drawn) });
  const user = openStudioSignedIn("/icons?like=gen_1&seed=77");

  const prompt = await screen.findByLabelText<HTMLTextAreaElement>("Prompt");
  await user.click(screen.getByRole("button", { name: /Advanced/ }));
  expect(prompt.value).toBe("a blue bird");
  expect(screen.getByLabelText<HTMLInputElement>("Seed").value).toBe("77");
  expect(screen.getByRole<HTMLInputElement>("radio", { name: "4" }).checked).toBe(true);
  expect(screen.getByLabelText<HTMLInputElement>("Steps").value).toBe("33");
});

test("reproducing asks for the version that drew the image, and says when it is gone", async () => {
  const bodies: Record<string, unknown>[] = [];
  const controls = { ...generation().controls, sampler: "dpmpp_2m" as const, guidance_rescale: 0.7 };
  serve({
    "GET /v1/generations/gen_1": () =>
      Response.json(generation({ model_version: "starter@0a0b0c0d", controls })),
    "POST /v1/generations": async (request) => {
      const answer = refusal(404, "no version 'starter@0a0b0c0d' of starter", "model_version");
      return bodies.push(await request.json()) === 1 ? answer : Response.json(generation(), { status: 202 });
    },
  });
  const user = openStudioSignedIn("/icons?like=gen_1&seed=77");

  expect(await screen.findByText("starter@0a0b0c0d · dpmpp_2m · guidance rescaled by 0.7")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Draw" }));
  expect(await screen.findByText(/^This version of the model is gone/)).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Use the live model" }));
  expect(screen.queryByText(/is gone/)).toBeNull();
  await user.click(screen.getByRole("button", { name: "Draw" }));

  await waitFor(() => expect(bodies.length).toBe(2));
  expect(bodies[0]).toMatchObject({
    model_version: "starter@0a0b0c0d",
    sampler: "dpmpp_2m",
    guidance_rescale: 0.7,
    seed: 77,
  });
  expect(Object.keys(bodies[1] ?? {})).not.toContain("model_version");
});

test("reproducing draws with the versions, the layout, the colours and the look that the image was drawn with", async () => {
  const bodies: Record<string, unknown>[] = [];
  const controls = {
    ...generation().controls,
    layout: { keyline: { template: "circle" as const } },
    palette: ["#ff0000", "#ffffff"],
    lora: [{ id: "old", scale: 0.7 }],
    style_images: [{ file_id: "file_1", strength: 0.4, mode: "style" as const, start: 0, end: 1, box: null }],
  };
  serve({
    "GET /v1/generations/gen_1": () => Response.json(generation({ adapters: ["old@5e6f7a8b"], controls })),
    "GET /v1/files/file_1/content": picture,
    "POST /v1/generations": async (request) => {
      bodies.push(await request.json());
      return Response.json(generation(), { status: 202 });
    },
  });
  const user = openStudioSignedIn("/icons?like=gen_1&seed=77");

  await user.click(await screen.findByRole("button", { name: "Draw" }));

  await waitFor(() => expect(bodies.length).toBe(1));
  expect(bodies[0]).toMatchObject({ prompt: "a blue bird", lora: [{ id: "old@5e6f7a8b", scale: 0.7 }] });
  expect(bodies[0]).toMatchObject({ palette: ["#ff0000", "#ffffff"], layout: controls.layout });
  expect(bodies[0]).toMatchObject({ style_images: controls.style_images, style_strength: 1 });
});

test("reproducing a splash screen brings back its horizon, to be seen and changed", async () => {
  const bodies: Record<string, unknown>[] = [];
  const controls = { ...generation().controls, layout: { horizon: 0.62, copy_space: [0.1, 0.1, 0.8, 0.2] } };
  const drawn = generation({ model: "splash", size: "144x320", controls });
  serve({
    "GET /v1/generations/gen_1": () => Response.json(drawn),
    "POST /v1/generations": async (request) => {
      bodies.push(await request.json());
      return Response.json(drawn, { status: 202 });
    },
  });
  const user = openStudioSignedIn("/splash?like=gen_1&seed=77");

  await user.click(await screen.findByRole("button", { name: /Layout.*1 box, horizon at 62 %/ }));
  const field = screen.getByLabelText<HTMLInputElement>("Horizon from the top");
  expect(field.value).toBe("62 %");
  await user.click(screen.getByRole("button", { name: "Draw" }));
  await waitFor(() => expect(bodies.length).toBe(1));
  await user.clear(field);
  await user.type(field, "10");
  await user.click(screen.getByRole("button", { name: "Draw" }));
  await waitFor(() => expect(bodies.length).toBe(2));

  const layouts = bodies.map(({ layout }) => layout);
  expect(layouts).toEqual([controls.layout, { ...controls.layout, horizon: 0.2 }]);
});
