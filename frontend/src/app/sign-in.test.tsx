import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { openStudio, openStudioSignedIn } from "@/testing/open-studio";
import { refusal, serve, validKey } from "@/testing/server";

test("a wrong key shows the message of the API", async () => {
  serve();
  const user = openStudio();

  await user.type(screen.getByLabelText(/API key/), "emb_wrong");
  await user.click(screen.getByRole("button", { name: "Sign in" }));

  expect(await screen.findByText("Incorrect API key provided.")).toBeDefined();
  expect(sessionStorage.length).toBe(0);
});

test("a right key opens the studio, and signing out forgets it", async () => {
  serve();
  const user = openStudio();

  await user.type(screen.getByLabelText(/API key/), validKey);
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  await user.click(await screen.findByRole("button", { name: "Sign out" }));

  expect(screen.getByLabelText(/API key/)).toBeDefined();
  expect(sessionStorage.length).toBe(0);
});

test("a key that stops working ends the session with the reason", async () => {
  serve({ "GET /v1/models": () => refusal(401, "This API key was revoked.") });
  openStudioSignedIn();

  expect(await screen.findByText("This API key was revoked.")).toBeDefined();
  expect(screen.getByRole("button", { name: "Sign in" })).toBeDefined();
});
