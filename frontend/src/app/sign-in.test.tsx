import { screen } from "@testing-library/react";
import type { UserEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import { chooseInAccountMenu, openStudio, openStudioSignedIn } from "@/testing/open-studio";
import { models, refusal, serve, user as signedIn, validKey } from "@/testing/server";

async function signInWithKey(user: UserEvent, key: string) {
  await user.click(await screen.findByRole("button", { name: "Use an API key" }));
  await user.type(screen.getByLabelText(/API key/), key);
  await user.click(screen.getByRole("button", { name: "Sign in" }));
}

async function signInWithPassword(user: UserEvent) {
  await user.type(await screen.findByLabelText(/Name or e-mail/), " ada ");
  await user.type(screen.getByLabelText(/Password/, { selector: "input" }), "correct horse battery");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
}

test("a wrong key shows the message of the API", async () => {
  serve();
  const user = openStudio();

  await signInWithKey(user, "emb_wrong");

  expect(await screen.findByText("Incorrect API key provided.")).toBeDefined();
  expect(sessionStorage.length).toBe(0);
});

test("a right key opens the studio, and signing out forgets it", async () => {
  serve();
  const user = openStudio();

  await signInWithKey(user, validKey);
  await chooseInAccountMenu(user, "Sign out");

  expect(await screen.findByLabelText(/Name or e-mail/)).toBeDefined();
  expect(sessionStorage.length + localStorage.length).toBe(0);
});

test("a key that stops working ends the session with the reason", async () => {
  serve({ "GET /v1/models": () => refusal(401, "This API key was revoked.") });
  openStudioSignedIn();

  expect(await screen.findByText("This API key was revoked.")).toBeDefined();
  expect(screen.getByRole("button", { name: "Sign in" })).toBeDefined();
});

test("a wrong password shows the message of the API", async () => {
  serve({ "POST /v1/sessions": () => refusal(401, "The name or the password is wrong.") });
  const user = openStudio();

  await signInWithPassword(user);

  expect(await screen.findByText("The name or the password is wrong.")).toBeDefined();
  expect(localStorage.length).toBe(0);
});

test("a right password opens the studio without keeping it, and signing out ends the session", async () => {
  const sent: unknown[] = [];
  serve({
    "POST /v1/sessions": async (request) => {
      sent.push(await request.json());
      return Response.json(signedIn, { status: 201 });
    },
    "GET /v1/models": (request) => {
      expect(request.headers.has("Authorization")).toBe(false);
      return Response.json(models);
    },
    "DELETE /v1/sessions/current": () => {
      sent.push("signed out");
      return new Response(null, { status: 204 });
    },
  });
  const user = openStudio();

  await signInWithPassword(user);
  await screen.findByRole("button", { name: "ada" });
  expect(JSON.stringify([{ ...localStorage }, { ...sessionStorage }])).not.toContain("horse");
  await chooseInAccountMenu(user, "Sign out");

  expect(await screen.findByLabelText(/Name or e-mail/)).toBeDefined();
  expect(sent).toEqual([{ name: "ada", password: "correct horse battery" }, "signed out"]);
  expect(localStorage.length).toBe(0);
});

test("a session that the server could not end stays, and says so", async () => {
  localStorage.setItem("emblem.password_session", "yes");
  serve({
    "GET /v1/models": () => Response.json(models),
    "DELETE /v1/sessions/current": () => refusal(503, "Not now."),
  });
  const user = openStudio();

  await chooseInAccountMenu(user, "Sign out");

  expect(await screen.findByRole("menuitem", { name: /try again/ })).toBeDefined();
  expect(localStorage.length).toBe(1);
});

test("a session that has ended leads back to signing in with the reason", async () => {
  localStorage.setItem("emblem.password_session", "yes");
  serve({ "GET /v1/models": () => refusal(401, "The session has ended.") });
  openStudio();

  expect(await screen.findByText("The session has ended.")).toBeDefined();
  expect(screen.getByLabelText(/Name or e-mail/)).toBeDefined();
  expect(localStorage.length).toBe(0);
});
