import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { generation } from "@/testing/generation";
import { openStudioSignedIn } from "@/testing/open-studio";
import { picture, serve } from "@/testing/server";

test("an image to start from is drawn over by the live model", async () => {
  serve({
    "GET /v1/generations/gen_1": () => Response.json(generation()),
    "GET /v1/generations/gen_1/images/0/thumbnail": picture,
  });
  openStudioSignedIn("/icons?like=gen_1&start=gen_1&startImage=0");

  expect(await screen.findByText("Starts from this image")).toBeDefined();
  expect(screen.queryByText("As it was drawn")).toBeNull();
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
