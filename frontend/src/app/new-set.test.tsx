import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { imageSet, listedSets, waitingItem } from "@/testing/image-set";
import { openStudioSignedIn } from "@/testing/open-studio";
import { refusal, serve } from "@/testing/server";

test("a set's colours and keyline are sent, and what the server says of them stands there", async () => {
  const bodies: Record<string, unknown>[] = [];
  const made = imageSet([waitingItem("cat")]);
  const answers = [refusal(400, "No such colour.", "palette.1")];
  serve({
    "GET /v1/icon-sets": () => listedSets(),
    "GET /v1/icon-sets/set_1": () => Response.json(made),
    "POST /v1/icon-sets": async (request) => {
      bodies.push(await request.json());
      return answers.pop() ?? Response.json(made, { status: 202 });
    },
  });
  const user = openStudioSignedIn("/sets");

  await user.click(await screen.findByRole("button", { name: "New set" }));
  await user.click(await screen.findByLabelText("Name"));
  await user.paste("Shop");
  await user.click(screen.getByLabelText("Subjects"));
  await user.paste("cat");
  await user.click(screen.getByRole("combobox", { name: "Palette" }));
  await user.paste("navy,");
  await user.selectOptions(screen.getByLabelText("Keyline"), "material");
  await user.click(screen.getByText("Draw the set"));
  expect(await screen.findByText(/^Name a second colour/)).toBeDefined();
  expect(bodies).toEqual([]);
  await user.click(screen.getByRole("combobox", { name: "Palette" }));
  await user.paste("white,");
  await user.click(screen.getByText("Draw the set"));
  expect(await screen.findByText("No such colour.")).toBeDefined();
  await user.click(screen.getByText("Draw the set"));

  await waitFor(() => expect(bodies.length).toBe(2));
  expect(bodies[1]).toMatchObject({
    palette: ["#14245c", "#fdfdfd"],
    layout: { keyline: { template: "material" } },
  });
});
