import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { openStudioSignedIn } from "@/testing/open-studio";
import { user as ada, refusal, serve } from "@/testing/server";
import { type Version, version, versions } from "@/testing/version";

const admin = () => Response.json({ ...ada, role: "admin", scopes: ["generate", "train", "admin"] });
const live = version({ id: "house@1a2b3c4d", status: "live" });
const address = "/styles?tab=trained&version=house@5e6f7a8b";

test("a version is given a share as a canary, another share, and none again", async () => {
  const said: unknown[] = [];
  const answers = [refusal(409, "Its gates do not hold.")];
  let now = version();
  const to = (fields: Partial<Version>) => {
    now = version(fields);
    return Response.json(now);
  };
  serve({
    "GET /v1/users/me": admin,
    "GET /v1/model_versions": () => versions(now, live),
    "POST /v1/model_versions/house%405e6f7a8b/canary": async (request) => {
      const { share } = await request.json();
      said.push(share);
      return answers.pop() ?? to({ status: "canary", share });
    },
    "POST /v1/model_versions/house%405e6f7a8b/rollback": () => to({ status: "previous" }),
  });
  const user = openStudioSignedIn("/styles?tab=trained");

  await user.click(await screen.findByRole("button", { name: "Look at house@5e6f7a8b" }));
  const panel = within(await screen.findByRole("dialog", { name: "Version" }));
  await user.click(await panel.findByRole("button", { name: "Start canary" }));
  expect(await panel.findByText("Its gates do not hold.")).toBeDefined();
  await user.click(panel.getByRole("button", { name: "Start canary" }));
  expect(await panel.findByText(/It draws 10 % of what names “house”; house@1a2b3c4d draws/)).toBeDefined();
  const field = panel.getByLabelText("Share of drawings");
  await user.clear(field);
  await user.type(field, "25");
  await user.click(panel.getByRole("button", { name: "Change share" }));
  expect(await panel.findByText("Canary 25 %")).toBeDefined();
  await user.click(panel.getByRole("button", { name: "End canary" }));

  expect(await panel.findByRole("button", { name: "Start canary" })).toBeDefined();
  expect(said).toEqual([0.1, 0.1, 0.25]);
});

test("a version whose gates are not held is no canary until an admin says so", async () => {
  const said: unknown[] = [];
  const gates = [{ metric: "copies", above: null, at_most: 0.1, value: null, holds: false }];
  serve({
    "GET /v1/users/me": admin,
    "GET /v1/model_versions": () => versions(version({ gates }), live),
    "POST /v1/model_versions/house%405e6f7a8b/canary": async (request) => {
      said.push(await request.json());
      return Response.json(version({ gates, status: "canary", share: 0.1 }));
    },
  });
  const user = openStudioSignedIn(address);

  const start = await screen.findByRole("button", { name: "Start canary" });
  expect(start.hasAttribute("disabled")).toBe(true);
  await user.click(screen.getByRole("checkbox", { name: "Draw with it all the same" }));
  await user.click(start);

  await waitFor(() => expect(said).toEqual([{ share: 0.1, force: true }]));
});

test("what was measured stands with its intervals beside the model without it, and the samples are shown", async () => {
  const metrics = {
    clip_i: 0.8123,
    clip_i_base: 0.5,
    clip_i_gain_base: 0.3123,
    clip_i_gain_low_base: 0.25,
    clip_i_gain_high_base: 0.375,
    kid: 1.5,
    kid_low: 1.25,
    kid_high: 1.75,
  };
  serve({
    "GET /v1/users/me": admin,
    "GET /v1/model_versions": () => versions(version({ metrics, has_samples: true })),
    "GET /v1/model_versions/house%405e6f7a8b/samples": () => new Response("png"),
  });
  openStudioSignedIn(address);

  const likeness = await screen.findByRole("table", { name: /^Likeness to its pictures/ });
  const rows = within(likeness).getAllByRole("row");
  expect(rows.map((row) => row.textContent)).toEqual([
    "This version0.812",
    "Without it0.500better by 0.312 (0.250 to 0.375)",
  ]);
  expect(screen.getByText("1.50 (1.25 to 1.75)")).toBeDefined();
  expect(await screen.findByRole("img", { name: /^Drawn with house@5e6f7a8b/ })).toBeDefined();
  expect(screen.queryByRole("button", { name: "Start canary" })).toBeNull(); // nothing is live that it could share with
});
