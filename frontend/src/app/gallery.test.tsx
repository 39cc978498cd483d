import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { generation } from "@/testing/generation";
import { openStudioSignedIn } from "@/testing/open-studio";
import { listed, serve } from "@/testing/server";

const images = {
  "GET /v1/generations/gen_1": () => Response.json(generation()),
  "GET /v1/generations/gen_1/images/0": () => new Response("png"),
  "GET /v1/generations/gen_1/images/0/scores": () =>
    Response.json({ separation: 0.9, background_purity: 1, contrast_ratio: 1.4, legibility_16px: 0.8 }),
};

test("filters are asked of the server and stand in the address", async () => {
  const asked: (string | null)[] = [];
  serve({
    "GET /v1/generations": (request) => {
      asked.push(new URL(request.url).searchParams.get("status"));
      return listed();
    },
  });
  const user = openStudioSignedIn("/gallery");

  await user.selectOptions(await screen.findByLabelText("State"), "Failed");

  expect(await screen.findByText("Nothing here yet.")).toBeDefined();
  expect(asked).toEqual([null, "failed"]);
  expect(window.location.search).toContain("status=failed");
});

test("an image is opened with its scores in plain words, and deleted after a question", async () => {
  const deleted: string[] = [];
  serve({
    ...images,
    "GET /v1/generations": () => (deleted.length ? listed() : listed(generation())),
    "DELETE /v1/generations/gen_1": () => {
      deleted.push("gen_1");
      return new Response(null, { status: 204 });
    },
  });
  const user = openStudioSignedIn("/gallery");

  await user.click(await screen.findByRole("button", { name: "a blue bird" }));
  const dialog = within(await screen.findByRole("dialog"));
  const scores = within(await dialog.findByRole("list", { name: "Scores" }));
  expect(scores.getByText("1.4 : 1")).toBeDefined();
  expect(scores.getByText(/hardly stands out/)).toBeDefined();
  await user.click(dialog.getByRole("button", { name: "Delete" }));
  expect(deleted).toEqual([]);
  await user.click(dialog.getByRole("button", { name: "Delete" }));

  expect(await screen.findByText("Nothing here yet.")).toBeDefined();
  expect(deleted).toEqual(["gen_1"]);
});

test("an export sends the chosen platforms", async () => {
  const bodies: unknown[] = [];
  serve({
    ...images,
    "GET /v1/generations": () => listed(generation()),
    "POST /v1/exports": async (request) => {
      bodies.push(await request.json());
      return new Response("zip", { headers: { "content-type": "application/zip" } });
    },
  });
  const user = openStudioSignedIn("/gallery?open=gen_1");

  await user.click(await screen.findByRole("button", { name: "Export…" }));
  await user.click(await screen.findByRole("checkbox", { name: /Favicon/ }));
  await user.clear(screen.getByLabelText("App name"));
  await user.type(screen.getByLabelText("App name"), "Bird");
  await user.click(screen.getByRole("button", { name: "Download zip" }));

  await screen.findByRole("button", { name: "Export…" });
  expect(bodies).toEqual([
    {
      generation_id: "gen_1",
      index: 0,
      name: "Bird",
      platforms: ["ios", "android", "pwa"],
      colors: ["#2660e8"],
    },
  ]);
});
