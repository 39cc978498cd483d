import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Style } from "@/lib/styles";
import { generation } from "@/testing/generation";
import { openStudioSignedIn } from "@/testing/open-studio";
import { listed, picture, refusal, serve } from "@/testing/server";
import { listedStyles, style } from "@/testing/style";

const images = {
  "GET /v1/generations/gen_1": () => Response.json(generation()),
  "GET /v1/generations/gen_1/images/0": () => new Response("png"),
  "GET /v1/generations/gen_1/images/0/thumbnail": () => new Response("webp"),
  "GET /v1/generations/gen_1/images/0/scores": () => refusal(429, "Later."),
};

test("a picture is pinned as a style, and what is wrong is said", async () => {
  const bodies: unknown[] = [];
  const answers = [() => Response.json(style()), () => refusal(404, "No image 0.", "style_images.0")];
  serve({
    ...images,
    "GET /v1/generations": () => listed(generation()),
    "POST /v1/styles": async (request) => {
      bodies.push(await request.json());
      return answers.pop()?.() ?? Response.error();
    },
  });
  const user = openStudioSignedIn("/gallery?open=gen_1");

  await user.click(await screen.findByRole("button", { name: "Pin as style…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Pin as style" }));
  await user.click(dialog.getByRole("button", { name: "Pin it" }));
  expect(await dialog.findByText("Give the style a name.")).toBeDefined();
  await user.type(dialog.getByLabelText("Name"), "House");
  await user.type(dialog.getByLabelText("Words"), "line style");
  await user.click(dialog.getByRole("button", { name: "Pin it" }));
  expect(await dialog.findByText("No image 0.")).toBeDefined();
  await user.click(dialog.getByRole("button", { name: "Pin it" }));

  expect(await dialog.findByText(/“House” can be chosen now/)).toBeDefined();
  expect(bodies[1]).toEqual({
    name: "House",
    prompt_suffix: "line style",
    kind: "icon",
    style_images: [{ generation_id: "gen_1", index: 0, mode: "style" }],
    style_strength: 1,
  });
});

test("styles are seen with what they say, renamed with all of it, and deleted after a question", async () => {
  const image = { file_id: "file_1", strength: 1, mode: "style", start: 0, end: 1, box: null } as const;
  let own: Style[] = [style({ style_images: [image], guidance_scale: 3, style_strength: 1 })];
  const renamed: unknown[] = [];
  serve({
    "GET /v1/styles": () => listedStyles(...own),
    "GET /v1/files/file_1/content": picture,
    "PUT /v1/styles/style_1": async (request) => {
      const body = await request.json();
      renamed.push(body);
      own = own.map((one) => ({ ...one, ...body, version: 2 }));
      return Response.json(own[0]);
    },
    "DELETE /v1/styles/style_1": () => {
      own = [];
      return new Response(null, { status: 204 });
    },
  });
  const user = openStudioSignedIn("/styles");

  const card = within(await screen.findByRole("region", { name: "House" }));
  expect(await card.findByRole("img", { name: "The picture of House" })).toBeDefined();
  expect(card.getByText("“line style” · the look of a picture · guidance 3")).toBeDefined();
  expect(screen.getByRole("row", { name: /Night Splash “night palette”/ })).toBeDefined();
  await user.click(card.getByRole("button", { name: "Rename House" }));
  const name = await screen.findByLabelText("Name");
  await user.clear(name);
  await user.type(name, "Shop");
  await user.click(screen.getByRole("button", { name: "Rename" }));
  const shop = within(await screen.findByRole("region", { name: "Shop" }));
  expect(shop.getByText(/version 2/)).toBeDefined();
  expect(renamed).toEqual([
    {
      name: "Shop",
      kind: "icon",
      prompt_prefix: "",
      prompt_suffix: "line style",
      negative_prompt: null,
      num_inference_steps: null,
      guidance_scale: 3,
      sampler: null,
      style_strength: 1,
      style_images: [image],
      lora: [],
    },
  ]);
  await user.click(shop.getByRole("button", { name: "Delete" }));
  expect(own.length).toBe(1);
  await user.click(shop.getByRole("button", { name: "Delete" }));

  expect(await screen.findByText(/^None yet/)).toBeDefined();
});
