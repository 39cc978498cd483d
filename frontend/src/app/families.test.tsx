import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { generation } from "@/testing/generation";
import { imageSet, listedSets, setItem, waitingItem } from "@/testing/image-set";
import { openStudioSignedIn } from "@/testing/open-studio";
import { refusal, serve } from "@/testing/server";

const subjects = ["portrait, light", "portrait, dark", "square, light", "square, dark"];
const ids = subjects.map((_, index) => `gen_${index}`);
const items = subjects.map((subject, index) =>
  setItem(subject, {
    id: `item_${index}`,
    generation_id: ids[index],
    size: subject.startsWith("square") ? "224x224" : "144x320",
  }),
);
const about = { kind: "splash", name: "Start", template: "mountains" } as const;
const family = imageSet(items, about);
const pictures = Object.fromEntries(
  ids.map((id) => [`GET /v1/generations/${id}/images/0/thumbnail`, () => new Response("webp")]),
);

test("a brief is drawn in shapes and themes from the splash page, and shown a row a theme", async () => {
  const bodies: unknown[] = [];
  const answers = [refusal(400, "Say less.", "brief")];
  serve({
    ...pictures,
    "GET /v1/splash-sets/set_1": () => Response.json(family),
    "POST /v1/splash-sets": async (request) => {
      bodies.push(await request.json());
      const waiting = imageSet(subjects.map(waitingItem), about);
      return answers.pop() ?? Response.json(waiting, { status: 202 });
    },
  });
  const user = openStudioSignedIn("/splash");

  await user.click(await screen.findByRole("radio", { name: "Family" }));
  await user.click(screen.getByLabelText("Prompt"));
  await user.paste("mountains");
  expect(screen.queryByLabelText("Size")).toBeNull();
  for (const shape of ["Portrait", "Landscape", "Square"]) {
    await user.click(within(screen.getByRole("group", { name: "Shapes" })).getByLabelText(shape));
  }
  await user.click(screen.getByRole("button", { name: "Draw 0 screens" }));
  expect(await screen.findByText("Choose at least one shape.")).toBeDefined();
  await user.click(screen.getByLabelText("Square"));
  await user.click(screen.getByLabelText("Portrait", { selector: "input[type=checkbox]" }));
  await user.click(screen.getByRole("button", { name: "Draw 4 screens" }));
  expect(await screen.findByText("Say less.")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Draw 4 screens" }));

  expect(await screen.findByRole("heading", { level: 1, name: "Start" })).toBeDefined();
  expect(await screen.findByRole("img", { name: "square, dark" })).toBeDefined();
  const shown = screen.getAllByRole("region").map((region) => region.getAttribute("aria-label"));
  expect(shown).toEqual(["portrait, light", "square, light", "portrait, dark", "square, dark"]);
  expect(bodies[1]).toEqual({
    name: "mountains",
    brief: "mountains",
    formats: ["square", "portrait"],
    themes: ["light", "dark"],
    quality: "medium",
  });
});

test("families are listed beside icon sets, and exported as launch screens", async () => {
  const bodies: unknown[] = [];
  serve({
    ...pictures,
    "GET /v1/icon-sets": () => listedSets(),
    "GET /v1/splash-sets": () => listedSets(family),
    "GET /v1/splash-sets/set_1": () => Response.json(family),
    "POST /v1/splash-exports": async (request) => {
      bodies.push(await request.json());
      return new Response("zip");
    },
  });
  const user = openStudioSignedIn("/sets");

  const families = within(await screen.findByRole("region", { name: "Splash families" }));
  await user.click(await families.findByRole("link", { name: /Start/ }));
  await user.click(await screen.findByRole("button", { name: "Export…" }));
  expect(screen.queryByRole("button", { name: "Add subjects" })).toBeNull();
  await user.click(await screen.findByRole("radio", { name: "Launch screens" }));
  await user.click(screen.getByRole("button", { name: "Download zip" }));

  await screen.findByRole("button", { name: "Export…" });
  expect(bodies).toEqual([{ name: "Start", splash_set_id: "set_1" }]);
});

test("what starts from an image is drawn in one shape", async () => {
  serve({
    "GET /v1/generations/gen_1": () => Response.json(generation({ model: "splash", size: "144x320" })),
    "GET /v1/generations/gen_1/images/0/thumbnail": () => new Response("webp"),
  });
  openStudioSignedIn("/splash?like=gen_1&start=gen_1&startImage=0");

  expect(await screen.findByRole("radio", { name: "Portrait" })).toBeDefined();
  expect(screen.queryByRole("radio", { name: "Family" })).toBeNull();
});
