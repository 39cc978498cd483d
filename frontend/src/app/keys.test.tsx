import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { openStudioSignedIn } from "@/testing/open-studio";
import { user as ada, serve } from "@/testing/server";

const key = {
  id: "key_1",
  user_id: ada.id,
  name: "build server",
  scopes: ["generate"],
  created_at: "2026-01-01T00:00:00Z",
  expires_at: null,
  revoked_at: null,
  last_used_at: null,
  limits: {},
};
const usage = {
  object: "list",
  data: [{ day: "2026-01-02", model: "icon", requests: 2, images: 1234, device_s: 7.25 }],
};

test("a key is shown once when it is made, and revoked after a question", async () => {
  const calls: unknown[] = [];
  serve({
    "GET /v1/usage": () => Response.json(usage),
    "GET /v1/keys": () => Response.json({ object: "list", data: [key] }),
    "POST /v1/keys": async (request) => {
      calls.push(await request.json());
      return Response.json({ ...key, key: "emb_secret" }, { status: 201 });
    },
    "DELETE /v1/keys/key_1": () => {
      calls.push("revoked");
      return new Response(null, { status: 204 });
    },
  });
  const user = openStudioSignedIn("/keys");

  await user.click(await screen.findByRole("button", { name: "New key" }));
  await user.type(await screen.findByLabelText("Name"), "build server");
  await user.click(screen.getByRole("button", { name: "Create" }));
  expect(await screen.findByText("emb_secret")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Done" }));
  await user.click(await screen.findByRole("button", { name: "Revoke build server" }));
  await user.click(await screen.findByRole("button", { name: "Revoke for good" }));

  expect(calls).toEqual([{ name: "build server" }, "revoked"]);
  expect(screen.queryByText("emb_secret")).toBeNull();
});

test("usage is that of all keys of the user, summed up", async () => {
  const asked: string[] = [];
  serve({
    "GET /v1/keys": () => Response.json({ object: "list", data: [] }),
    "GET /v1/usage": (request) => {
      asked.push(new URL(request.url).search);
      return Response.json(usage);
    },
  });
  openStudioSignedIn("/keys");

  const table = within(await screen.findByRole("table", { name: "Usage by day" }));
  expect(table.getByText("7.3 s")).toBeDefined();
  expect(screen.getByText((1234).toLocaleString())).toBeDefined();
  expect(asked).toEqual(["?days=30&of=user"]);
});

test("only admins are led to the admin page, and make users there with a link for their password", async () => {
  serve({
    "GET /v1/users/me": () => Response.json({ ...ada, role: "admin" }),
    "GET /v1/users": () => Response.json({ object: "list", data: [ada] }),
    "POST /v1/users": () => Response.json({ ...ada, name: "bob", password_token: "tok" }, { status: 201 }),
  });
  const user = openStudioSignedIn();

  await user.click(await screen.findByRole("link", { name: "Admin" }));
  await user.click(await screen.findByRole("button", { name: "New user" }));
  await user.type(await screen.findByLabelText("Name"), "bob");
  await user.click(screen.getByRole("button", { name: "Create" }));

  expect(await screen.findByText(`${window.location.origin}/set-password#tok`)).toBeDefined();
});
