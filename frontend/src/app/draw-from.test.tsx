import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { generation } from "@/testing/generation";
import { openStudioSignedIn } from "@/testing/open-studio";
import { picture, serve } from "@/testing/server";

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

test("splash offers orientations, each with its size", async () => {
  serve();
  const user = openStudioSignedIn("/splash");

  await user.click(await screen.findByRole("radio", { name: "Landscape" }));

  expect(screen.getByLabelText<HTMLSelectElement>("Size").value).toBe("320x144");
});

test("a style and an image's look go into the request, the trigger word into the prompt", async () => {
  const bodies: Record<string, unknown>[] = [];
  serve({
    "GET /v1/generations/gen_1/images/0": picture,
    "GET /v1/generations/gen_1/images/0/thumbnail": picture,
    "POST /v1/files": () => Response.json({ id: "file_1" }),
    "POST /v1/generations": async (request) => {
      bodies.push(await request.json());
      return Response.json(generation({ prompt: "hse a bird" }), { status: 202 });
    },
  });
  const user = openStudioSignedIn("/icons?style=gen_1&styleImage=0");

  await user.type(await screen.findByLabelText("Prompt"), "a bird");
  await user.click(screen.getByLabelText("Trained style", { selector: "input" }));
  await user.click(await screen.findByText("house"));
  screen.getByLabelText("How strongly: house").focus();
  await user.keyboard("{End}");
  screen.getByLabelText("How much is taken").focus();
  await user.keyboard("{ArrowRight}");
  await user.click(screen.getByRole("button", { name: "Draw" }));

  await waitFor(() => expect(bodies.length).toBe(1));
  expect(bodies[0]).toMatchObject({
    prompt: "hse a bird",
    lora: [{ id: "house", scale: 1.5 }],
    style_images: [{ file_id: "file_1" }],
    style_strength: 0.8,
  });
});

test("reproducing draws with the versions, the layout and the colours that the image was drawn with", async () => {
  const bodies: Record<string, unknown>[] = [];
  const controls = {
    ...generation().controls,
    layout: { keyline: { template: "circle" as const } },
    palette: ["#ff0000", "#ffffff"],
    lora: [{ id: "old", scale: 0.7 }],
  };
  serve({
    "GET /v1/generations/gen_1": () => Response.json(generation({ adapters: ["old@5e6f7a8b"], controls })),
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
