import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { generation } from "@/testing/generation";
import { imageSet, listedSets, waitingItem } from "@/testing/image-set";
import { openStudioSignedIn } from "@/testing/open-studio";
import { refusal, serve } from "@/testing/server";
import { listedStyles, style } from "@/testing/style";

test("a style is chosen among those that fit, and goes into the request", async () => {
  const bodies: Record<string, unknown>[] = [];
  serve({
    "GET /v1/styles": () => listedStyles(style(), style({ id: "style_2", name: "Start", kind: "splash" })),
    "POST /v1/generations": async (request) => {
      bodies.push(await request.json());
      return Response.json(generation(), { status: 202 });
    },
  });
  const user = openStudioSignedIn("/icons");

  await user.type(await screen.findByLabelText("Prompt"), "a bird");
  const field = within(screen.getByLabelText("Draw in style"));
  expect(await field.findByRole("option", { name: "Flat" })).toBeDefined();
  expect(field.getAllByRole("option").map((option) => option.textContent)).toEqual(["None", "House", "Flat"]);
  await user.selectOptions(screen.getByLabelText("Draw in style"), "House");
  expect(await screen.findByText("“line style”")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Draw" }));

  await waitFor(() => expect(bodies.length).toBe(1));
  expect(bodies[0]).toMatchObject({ prompt: "a bird", style: "style_1" });
});

test("reproducing draws in the version that it was drawn in, also when that is gone", async () => {
  const bodies: Record<string, unknown>[] = [];
  const drawn = { id: "style_9@2", name: "Gone", prompt: "a blue bird, line style" };
  serve({
    "GET /v1/generations/gen_1": () => Response.json(generation({ style: drawn })),
    "POST /v1/generations": async (request) => {
      bodies.push(await request.json());
      return refusal(404, "No style 'style_9'.", "style");
    },
  });
  const user = openStudioSignedIn("/icons?like=gen_1&seed=11");

  const field = await screen.findByLabelText<HTMLSelectElement>("Draw in style");
  expect(field.value).toBe("style_9@2");
  await user.click(screen.getByRole("button", { name: "Draw" }));

  expect(await screen.findByText("No style 'style_9'.")).toBeDefined();
  expect(field.getAttribute("aria-invalid")).toBe("true");
  expect(bodies[0]).toMatchObject({ prompt: "a blue bird", style: "style_9@2" });
});

test("a set is drawn in a style, in as many steps as that says", async () => {
  const bodies: Record<string, unknown>[] = [];
  const made = imageSet([waitingItem("cat")]);
  serve({
    "GET /v1/styles": () => listedStyles(style({ num_inference_steps: 7 })),
    "GET /v1/icon-sets": () => listedSets(),
    "GET /v1/icon-sets/set_1": () => Response.json(made),
    "POST /v1/icon-sets": async (request) => {
      bodies.push(await request.json());
      return Response.json(made, { status: 202 });
    },
  });
  const user = openStudioSignedIn("/sets");

  await user.click(await screen.findByRole("button", { name: "New set" }));
  await user.type(await screen.findByLabelText("Name"), "Shop");
  await user.type(screen.getByLabelText("Subjects"), "cat");
  await waitFor(() =>
    expect(within(screen.getByLabelText("Draw in style")).getAllByRole("option").length).toBe(3),
  );
  await user.selectOptions(screen.getByLabelText("Draw in style"), "House");
  expect(await screen.findByText("By the style: 7 steps")).toBeDefined();
  await user.click(screen.getByText("Draw the set"));

  await waitFor(() => expect(bodies[0]).toMatchObject({ subjects: ["cat"], style: "style_1" }));
  expect(bodies[0]).not.toHaveProperty("quality");
  expect(bodies[0]).toHaveProperty("template", "a {subject} icon");
});
