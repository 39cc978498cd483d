import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { generation } from "@/testing/generation";
import { openStudioSignedIn } from "@/testing/open-studio";
import { serve } from "@/testing/server";

test("reproducing fills the form with what the image was drawn from", async () => {
  const drawn = generation({ seeds: [77, 78, 79, 80], num_inference_steps: 33, negative_prompt: "text" });
  serve({ "GET /v1/generations/gen_1": () => Response.json(drawn) });
  const user = openStudioSignedIn("/icons?like=gen_1&seed=77");

  const prompt = await screen.findByLabelText<HTMLTextAreaElement>("Prompt");
  await user.click(screen.getByRole("button", { name: /Advanced/ }));
  expect(prompt.value).toBe("a blue bird");
  expect(screen.getByLabelText<HTMLInputElement>("Seed").value).toBe("77");
  expect(screen.getByRole<HTMLInputElement>("radio", { name: "4" }).checked).toBe(true);
  expect(screen.getByLabelText<HTMLInputElement>("Steps").value).toBe("33");
});

test("splash offers orientations, each with its size", async () => {
  serve();
  const user = openStudioSignedIn("/splash");

  await user.click(await screen.findByRole("radio", { name: "Landscape" }));

  expect(screen.getByLabelText<HTMLSelectElement>("Size").value).toBe("320x144");
});
