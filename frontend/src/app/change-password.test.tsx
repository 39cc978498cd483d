import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { chooseInAccountMenu, openStudio } from "@/testing/open-studio";
import { models, refusal, serve } from "@/testing/server";

test("a signed-in user changes the password, after a wrong try that is told", async () => {
  const sent: unknown[] = [];
  localStorage.setItem("emblem.password_session", "yes");
  serve({
    "GET /v1/models": () => Response.json(models),
    "POST /v1/users/me/password": async (request) => {
      sent.push(await request.json());
      return sent.length > 1
        ? new Response(null, { status: 204 })
        : refusal(403, "the current password is wrong");
    },
  });
  const user = openStudio();

  await chooseInAccountMenu(user, "Change password");
  await user.type(await screen.findByLabelText("Current password"), "correct horse");
  await user.type(screen.getByLabelText("New password"), "short");
  await user.click(screen.getByRole("button", { name: "Change password" }));
  expect(await screen.findByText("Use at least 12 characters.")).toBeDefined();
  await user.type(screen.getByLabelText("New password"), " is not enough");
  await user.click(screen.getByRole("button", { name: "Change password" }));
  expect(await screen.findByText("the current password is wrong")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Change password" }));

  expect((await screen.findByRole("status")).textContent).toMatch(/signed out everywhere else/);
  const asked = { current_password: "correct horse", password: "short is not enough" };
  expect(sent).toEqual([asked, asked]);
});
