import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { ImageSet } from "@/lib/sets";
import { imageSet, listedSets, setItem, waitingItem } from "@/testing/image-set";
import { openStudioSignedIn } from "@/testing/open-studio";
import { refusal, serve } from "@/testing/server";

const pictures = Object.fromEntries(
  ["cat", "dog", "owl"].map((subject) => [
    `GET /v1/generations/gen_${subject}/images/0/thumbnail`,
    () => new Response("webp"),
  ]),
);
const drawn = imageSet([setItem("cat"), setItem("dog")], { hero: "item_cat" });

function serveSet(first: ImageSet, handlers: Parameters<typeof serve>[0] = {}) {
  serve({
    ...pictures,
    "GET /v1/icon-sets": () => listedSets(first),
    "GET /v1/icon-sets/set_1": () => Response.json(first),
    ...handlers,
  });
}

test("a new set is sent as written, and its page follows it to the end", async () => {
  const bodies: unknown[] = [];
  const looks = [
    imageSet([waitingItem("cat"), waitingItem("dog")]),
    imageSet([setItem("cat", { distance: null }), waitingItem("dog")]),
    drawn,
  ];
  serveSet(drawn, {
    "GET /v1/icon-sets": () => listedSets(),
    "GET /v1/icon-sets/set_1": () => Response.json(looks.length > 1 ? looks.shift() : looks[0]),
    "POST /v1/icon-sets": async (request) => {
      bodies.push(await request.json());
      return Response.json(looks.shift(), { status: 202 });
    },
  });
  const user = openStudioSignedIn("/sets");

  expect(await screen.findByText("No sets yet.")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "New set" }));
  await user.click(await screen.findByLabelText("Name"));
  await user.paste("Shop");
  await user.click(screen.getByLabelText("Subjects"));
  await user.paste("cat, dog\nCat");
  expect(screen.getByText(/2 subjects of at most 64. Left out, being there already: Cat/)).toBeDefined();
  await user.click(within(screen.getByLabelText("Ground's colour")).getByLabelText("green"));
  await user.click(screen.getByLabelText(/^All take after the first/));
  await user.click(screen.getByText("Draw the set"));

  expect(await screen.findByText(/^82 % alike/)).toBeDefined();
  expect(window.location.pathname).toBe("/sets/set_1");
  const cat = within(screen.getByRole("region", { name: "cat" }));
  expect(await cat.findByRole("img", { name: "cat" })).toBeDefined();
  expect(cat.getByText("Looks like the others (0.10)")).toBeDefined();
  expect(cat.getByText("Hero")).toBeDefined();
  expect(bodies).toEqual([
    {
      name: "Shop",
      subjects: ["cat", "dog"],
      template: "a flat white {subject} on a green rounded square",
      quality: "medium",
      consistency: "hero",
    },
  ]);
});

test("what is wrong with a new set stands at its field, also what the server finds", async () => {
  serveSet(drawn, { "POST /v1/icon-sets": () => refusal(400, "Too long a subject.", "subjects.0") });
  const user = openStudioSignedIn("/sets");

  await user.click(await screen.findByRole("button", { name: "New set" }));
  await user.click(await screen.findByLabelText("Name"));
  await user.paste("Shop");
  await user.clear(screen.getByLabelText("Template"));
  await user.click(screen.getByText("Draw the set"));
  expect(await screen.findByText("Keep {subject} where the subject comes.")).toBeDefined();
  expect(screen.getByText("Name at least one subject that is not there yet.")).toBeDefined();
  await user.click(screen.getByLabelText("Template"));
  await user.paste("a flat {subject}");
  await user.click(screen.getByLabelText("Subjects"));
  await user.paste("cat");
  await user.click(screen.getByText("Draw the set"));

  expect(await screen.findByText("Too long a subject.")).toBeDefined();
  expect(screen.getByLabelText("Subjects").getAttribute("aria-invalid")).toBe("true");
});

test("the list leads to a set, and shows how far and how alike it is", async () => {
  serveSet(drawn);
  const user = openStudioSignedIn("/sets");

  const card = await screen.findByRole("link", { name: /Shop/ });
  expect(await within(card).findByText(/2 of 2 drawn · 82 % alike/)).toBeDefined();
  await user.click(card);

  expect(await screen.findByRole("heading", { level: 1, name: "Shop" })).toBeDefined();
});

test("one is drawn again, subjects are added, and both are shown at once", async () => {
  const added: unknown[] = [];
  let now = drawn;
  serveSet(drawn, {
    "GET /v1/icon-sets/set_1": () => Response.json(now),
    "POST /v1/icon-sets/set_1/items/item_dog/regenerate": () => {
      now = imageSet([setItem("cat"), waitingItem("dog")]);
      return Response.json(now, { status: 202 });
    },
    "POST /v1/icon-sets/set_1/items": async (request) => {
      added.push(await request.json());
      now = imageSet([setItem("cat"), setItem("dog"), waitingItem("owl")]);
      return Response.json(now, { status: 202 });
    },
  });
  const user = openStudioSignedIn("/sets/set_1");

  await user.click(await screen.findByRole("button", { name: "Draw again: dog" }));
  expect(await screen.findByRole("progressbar", { name: "Progress of dog" })).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Add subjects" }));
  await user.type(await screen.findByLabelText("Subjects"), "dog, owl");
  await user.click(screen.getByRole("button", { name: "Draw them" }));

  expect(await screen.findByRole("region", { name: "owl" })).toBeDefined();
  expect(added).toEqual([{ subjects: ["owl"] }]);
});
