import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { openStudio } from "@/testing/open-studio";
import { ready, serve } from "@/testing/server";

const icon = { ready: true, reason: null, weights: "trained", model_version: "starter@ab12cd34" } as const;

test("the banner names the deployments that are not ready", async () => {
  const splash = { ...icon, ready: false, reason: "loading weights" };
  serve({
    "GET /readyz": () =>
      Response.json({ status: "not_ready", deployments: { icon, splash } }, { status: 503 }),
  });
  openStudio();

  const banner = await screen.findByRole("alert");
  expect(banner.textContent).toContain("splash: loading weights");
  expect(banner.textContent).not.toContain("icon");
});

test("the banner warns of random weights", async () => {
  serve({
    "GET /readyz": () => Response.json({ ...ready, deployments: { icon: { ...icon, weights: "random" } } }),
  });
  openStudio();

  expect(
    await screen.findByText(
      "The model has random weights: images are noise until a trained model is installed.",
    ),
  ).toBeDefined();
});

test("the banner says when the server does not answer", async () => {
  serve({
    "GET /readyz": () => {
      throw new TypeError("Failed to fetch");
    },
  });
  openStudio();

  expect((await screen.findByRole("alert")).textContent).toContain("The server cannot be reached.");
});
