import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { openStudioSignedIn } from "@/testing/open-studio";
import { user as ada, refusal, serve } from "@/testing/server";
import { version, versions } from "@/testing/version";

const live = version({ id: "house@1a2b3c4d", status: "live" });
const candidate = version();
const admin = () => Response.json({ ...ada, role: "admin", scopes: ["generate", "train", "admin"] });

test("members see the styles and their trigger words, and change nothing", async () => {
  serve();
  openStudioSignedIn("/styles?tab=trained");

  const table = within(await screen.findByRole("table", { name: "Trained styles" }));
  expect(table.getByText("hse")).toBeDefined();
  expect(await screen.findByRole("button", { name: "Train a style" })).toBeDefined();
  expect(screen.queryByRole("button", { name: /live/ })).toBeNull();
});

test("an admin sees what was measured of a version, and what keeps it from becoming live", async () => {
  const gates = [
    { metric: "clip_i_gain_low_base", above: 0, at_most: null, value: 0.2581, holds: true },
    { metric: "copies", above: null, at_most: 0.1, value: 0.25, holds: false },
  ];
  serve({
    "GET /v1/users/me": admin,
    "GET /v1/model_versions": () => versions({ ...candidate, gates }),
  });
  openStudioSignedIn("/styles?tab=trained");

  const table = within(await screen.findByRole("table", { name: "Trained styles" }));
  expect(await table.findByText("clip_i_gain_low_base: 0.258")).toBeDefined();
  expect(table.getByText("copies: 0.250, over 0.1")).toBeDefined();
});

test("a version whose gates are not held becomes live only when an admin says so over their list", async () => {
  const said: unknown[] = [];
  const gates = [
    { metric: "copies", above: null, at_most: 0.1, value: 0.25, holds: false },
    { metric: "kid", above: null, at_most: 2, value: 1.5, holds: true },
  ];
  serve({
    "GET /v1/users/me": admin,
    "GET /v1/model_versions": () => versions({ ...candidate, gates }, live),
    "POST /v1/model_versions/house%405e6f7a8b/promote": async (request) => {
      said.push(await request.json());
      return Response.json({ ...candidate, status: "live" });
    },
  });
  const user = openStudioSignedIn("/styles?tab=trained&version=house@5e6f7a8b");

  const panel = within(await screen.findByRole("dialog", { name: "Version" }));
  await user.click(await panel.findByRole("button", { name: "Make live: house@5e6f7a8b" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Make house@5e6f7a8b live?" }));
  expect(dialog.getByText("copies: 0.250, over 0.1")).toBeDefined();
  expect(dialog.queryByText(/^kid/)).toBeNull();
  expect(dialog.getByRole("button", { name: "Make it live" }).hasAttribute("disabled")).toBe(true);
  await user.click(dialog.getByRole("checkbox", { name: "Draw with it all the same" }));
  await user.click(dialog.getByRole("button", { name: "Make it live anyway" }));

  await waitFor(() => expect(said).toEqual([{ force: true }]));
});

test("a key without the scope is offered no training", async () => {
  serve({ "GET /v1/users/me": () => Response.json({ ...ada, scopes: ["generate"] }) });
  openStudioSignedIn("/styles?tab=training&job=ftjob_1");

  expect(await screen.findByRole("table", { name: "Built-in styles" })).toBeDefined();
  expect(screen.queryByRole("tab", { name: "Training" })).toBeNull();
  expect(screen.queryByRole("button", { name: "Train a style" })).toBeNull();
});

test("an admin is told what becoming live means, and why a version was refused", async () => {
  let isPromoted = false;
  const promotions = [refusal(409, "house@5e6f7a8b is refused: it does not fit.")];
  serve({
    "GET /v1/users/me": admin,
    "GET /v1/model_versions": () =>
      isPromoted
        ? versions({ ...candidate, status: "live" }, { ...live, status: "previous" })
        : versions(candidate, live),
    "POST /v1/model_versions/house%405e6f7a8b/promote": () => {
      const refused = promotions.pop();
      isPromoted = !refused;
      return refused ?? Response.json({ ...candidate, status: "live" });
    },
  });
  const user = openStudioSignedIn("/styles?tab=trained");

  await user.click(await screen.findByRole("button", { name: "Make live: house@5e6f7a8b" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByText(/house@1a2b3c4d, which is live now, becomes the previous version/)).toBeDefined();
  await user.click(dialog.getByRole("button", { name: "Make it live" }));
  expect(await dialog.findByText(/is refused: it does not fit/)).toBeDefined();
  await user.click(dialog.getByRole("button", { name: "Make it live" }));

  expect(await screen.findByRole("button", { name: "Go back from house@5e6f7a8b" })).toBeDefined();
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("going back names the version that is live again", async () => {
  const calls: string[] = [];
  serve({
    "GET /v1/users/me": admin,
    "GET /v1/model_versions": () => versions(live, { ...candidate, status: "previous" }),
    "POST /v1/model_versions/house%401a2b3c4d/rollback": () => {
      calls.push("rollback");
      return Response.json({ ...candidate, status: "live" });
    },
  });
  const user = openStudioSignedIn("/styles?tab=trained");

  await user.click(await screen.findByRole("button", { name: "Go back from house@1a2b3c4d" }));
  expect(await screen.findByText(/live before: house@5e6f7a8b/)).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Go back" }));

  await waitFor(() => expect(calls).toEqual(["rollback"]));
});
