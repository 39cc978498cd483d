import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { generation } from "@/testing/generation";
import { openStudioSignedIn } from "@/testing/open-studio";
import { models, picture, refusal, serve } from "@/testing/server";

const able = {
  ...models,
  data: models.data.map((one) =>
    one.kind === "service" ? { ...one, control_kinds: ["canny" as const, "depth" as const] } : one,
  ),
};

test("what a picture follows is chosen, sent and taken away, and the server's error stands there", async () => {
  const bodies: Record<string, unknown>[] = [];
  serve({
    "GET /v1/models": () => Response.json(able),
    "POST /v1/files": () => Response.json({ id: "file_1" }),
    "POST /v1/generations": async (request) => {
      const answer = refusal(400, "No such image.", "control_images.0.file_id");
      return bodies.push(await request.json()) === 1 ? answer : Response.json(generation(), { status: 202 });
    },
  });
  const user = openStudioSignedIn();

  await user.type(await screen.findByLabelText("Prompt"), "a bird");
  await user.click(screen.getByRole("button", { name: /Advanced/ }));
  const field = [...document.querySelectorAll("input[type=file]")].at(-1);
  for (const name of ["edges.png", "depth.png"])
    await user.upload(field as HTMLInputElement, new File(["png"], name, { type: "image/png" }));
  await user.selectOptions(screen.getByLabelText("What control image 2 shows"), "Depth");
  await user.click(screen.getByRole("button", { name: "Remove: Control image 1" }));
  screen.getByLabelText("How closely it is followed").focus();
  await user.keyboard("{ArrowRight}");
  await user.click(screen.getByRole("button", { name: "Draw" }));
  expect(await screen.findByText("No such image.")).toBeDefined();
  expect(screen.queryByRole("alert")).toBeNull();
  await user.click(screen.getByRole("button", { name: "Remove: Control image 1" }));
  await user.click(screen.getByRole("button", { name: "Draw" }));

  await waitFor(() => expect(bodies.length).toBe(2));
  expect(bodies[0]?.control_images).toEqual([
    { file_id: "file_1", kind: "depth", strength: 0.85, start: 0, end: 1 },
  ]);
  expect(Object.keys(bodies[1] ?? {})).not.toContain("control_images");
});

test("a model that follows none has no field for it, but what an image was drawn by is sent again", async () => {
  const bodies: Record<string, unknown>[] = [];
  const drawing = { file_id: "file_9", kind: "openpose" as const, strength: 0.6, start: 0, end: 0.5 };
  const controls = { ...generation().controls, control_images: [drawing] };
  serve({
    "GET /v1/generations/gen_1": () => Response.json(generation({ controls })),
    "GET /v1/files/file_9/content": picture,
    "POST /v1/generations": async (request) => {
      bodies.push(await request.json());
      return refusal(400, "It takes no control images of the kind openpose.", "control_images.0.kind");
    },
  });
  const user = openStudioSignedIn("/icons?like=gen_1&seed=77");

  await user.click(await screen.findByRole("button", { name: "Draw" }));
  expect(await screen.findByText(/^It takes no control images/)).toBeDefined();
  expect(bodies[0]?.control_images).toEqual([drawing]);
  expect(screen.getByRole("button", { name: /Advanced/ }).getAttribute("aria-expanded")).toBe("true");
  await user.click(screen.getByRole("button", { name: "Remove: Control image 1" }));

  expect(screen.queryByText(/ontrol image/)).toBeNull();
});
