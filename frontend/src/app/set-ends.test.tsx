import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { imageSet, listedSets, setItem, waitingItem } from "@/testing/image-set";
import { openStudioSignedIn } from "@/testing/open-studio";
import { refusal, serve } from "@/testing/server";

const thumbnail = { "GET /v1/generations/gen_cat/images/0/thumbnail": () => new Response("webp") };
const drawn = imageSet([setItem("cat")]);

test("a set that is drawn can be cancelled, and says what is missing", async () => {
  let now = imageSet([setItem("cat"), waitingItem("dog")]);
  serve({
    ...thumbnail,
    "GET /v1/icon-sets/set_1": () => Response.json(now),
    "POST /v1/icon-sets/set_1/cancel": () => {
      const items = [setItem("cat"), setItem("dog", { status: "cancelled", images: [], distance: null })];
      now = imageSet(items, { status: "incomplete" });
      return Response.json(now);
    },
  });
  const user = openStudioSignedIn("/sets/set_1");

  expect((await screen.findByText("Drawing, 1 of 2 finished")).getAttribute("role")).toBe("status");
  expect(screen.queryByRole("button", { name: "Delete" })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Cancel" }));

  expect(await screen.findByText("One has no image: draw again what is missing.")).toBeDefined();
  expect(screen.getByText("Cancelled")).toBeDefined();
});

test("a set is exported as platforms want it, and the server's refusal is shown", async () => {
  const asked: (string | null)[] = [];
  serve({
    ...thumbnail,
    "GET /v1/icon-sets/set_1": () => Response.json(drawn),
    "GET /v1/icon-sets/set_1/export": (request) => {
      asked.push(new URL(request.url).searchParams.get("files"));
      return asked.length === 1 ? refusal(409, "It is being drawn.") : new Response("zip");
    },
  });
  const user = openStudioSignedIn("/sets/set_1");

  await user.click(await screen.findByRole("button", { name: "Export…" }));
  await user.click(await screen.findByRole("radio", { name: "What platforms want of each" }));
  await user.click(screen.getByRole("button", { name: "Download zip" }));
  expect((await screen.findByRole("alert")).textContent).toContain("It is being drawn.");
  await user.click(screen.getByRole("button", { name: "Download zip" }));

  await screen.findByRole("button", { name: "Export…" });
  expect(asked).toEqual(["bundle", "bundle"]);
});

test("a set is deleted after a question, and the list is without it", async () => {
  const deleted: string[] = [];
  serve({
    ...thumbnail,
    "GET /v1/icon-sets": () => (deleted.length ? listedSets() : listedSets(drawn)),
    "GET /v1/icon-sets/set_1": () => Response.json(drawn),
    "DELETE /v1/icon-sets/set_1": () => {
      deleted.push("set_1");
      return new Response(null, { status: 204 });
    },
  });
  const user = openStudioSignedIn("/sets/set_1");

  await user.click(await screen.findByRole("button", { name: "Delete" }));
  expect(deleted).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Delete" }));

  expect(await screen.findByText("No sets yet.")).toBeDefined();
  expect(deleted).toEqual(["set_1"]);
});

test("a set that is not there leads back to the list", async () => {
  serve({ "GET /v1/icon-sets/set_9": () => refusal(404, "No set 'set_9'.") });
  openStudioSignedIn("/sets/set_9");

  expect((await screen.findByRole("alert")).textContent).toContain("No set 'set_9'.");
  expect(screen.getByRole("link", { name: "To your sets" })).toBeDefined();
});
