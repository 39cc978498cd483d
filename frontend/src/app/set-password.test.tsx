import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { openStudio } from "@/testing/open-studio";
import { refusal, serve } from "@/testing/server";

test("a link sets a password, and its token leaves the address", async () => {
  const sent: unknown[] = [];
  serve({
    "POST /v1/passwords": async (request) => {
      sent.push(await request.json());
      return new Response(null, { status: 204 });
    },
  });
  const user = openStudio("/set-password#token-of-ada");

  await user.type(await screen.findByLabelText("New password"), "correct horse battery");
  expect(window.location.hash).toBe("");
  await user.click(screen.getByRole("button", { name: "Set password" }));
  await user.click(await screen.findByRole("link", { name: "Sign in" }));

  expect(await screen.findByLabelText(/Name or e-mail/)).toBeDefined();
  expect(sent).toEqual([{ token: "token-of-ada", password: "correct horse battery" }]);
});

test("a token that was used says so, with the request's id", async () => {
  serve({
    "POST /v1/passwords": () => {
      const answer = refusal(401, "The token is not valid any more.");
      answer.headers.set("x-request-id", "req_7");
      return answer;
    },
  });
  const user = openStudio("/set-password#old");

  await user.type(await screen.findByLabelText("New password"), "correct horse battery");
  await user.click(screen.getByRole("button", { name: "Set password" }));

  expect((await screen.findByRole("alert")).textContent).toMatch(/not valid any more.*req_7/);
});
