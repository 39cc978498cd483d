import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { generation } from "@/testing/generation";
import { openStudioSignedIn } from "@/testing/open-studio";
import { serve } from "@/testing/server";

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

test("a starting image is uploaded and drawn over", async () => {
  const bodies: unknown[] = [];
  serve({
    "GET /v1/generations/gen_1": () => Response.json(generation()),
    "GET /v1/generations/gen_1/images/0": () => new Response("png"),
    "POST /v1/files": async (request) => {
      expect(request.headers.get("content-type")).toMatch(/^multipart/);
      return Response.json({ id: "file_1" }, { status: 201 });
    },
    "POST /v1/generations": async (request) => {
      bodies.push(await request.json());
      return Response.json(generation({ id: "gen_2" }), { status: 202 });
    },
  });
  const user = openStudioSignedIn("/icons?like=gen_1&start=gen_1&startImage=0");

  await user.click(await screen.findByRole("button", { name: "Draw" }));

  await waitFor(() => expect(bodies).toHaveLength(1));
  expect(bodies[0]).toMatchObject({ images: [{ file_id: "file_1" }], strength: 0.6, prompt: "a blue bird" });
  expect(bodies[0]).not.toHaveProperty("seed");
});

test("splash offers orientations, each with its size", async () => {
  serve();
  const user = openStudioSignedIn("/splash");

  await user.click(await screen.findByRole("radio", { name: "Landscape" }));

  expect(screen.getByLabelText<HTMLSelectElement>("Size").value).toBe("320x144");
});
