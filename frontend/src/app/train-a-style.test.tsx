import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { openStudioSignedIn } from "@/testing/open-studio";
import { refusal, serve } from "@/testing/server";
import { listedTrainings, training } from "@/testing/training";

test("an archive is sent as a data set, and what is wrong lands on its field", async () => {
  const sent: unknown[] = [];
  const answers = [refusal(400, "Use at most 20000 steps.", "hyperparameters.steps")];
  serve({
    "GET /v1/fine_tuning/jobs": () => listedTrainings(training()),
    "GET /v1/fine_tuning/jobs/ftjob_1": () => Response.json(training()),
    "GET /v1/fine_tuning/jobs/ftjob_1/events": () => refusal(404, "Gone."),
    "POST /v1/files": async (request) => {
      const form = await request.formData();
      sent.push([...form.keys()], form.get("purpose"));
      return Response.json({ id: "file_1" });
    },
    "POST /v1/fine_tuning/jobs": async (request) => {
      sent.push(await request.json());
      return answers.pop() ?? Response.json(training(), { status: 201 });
    },
  });
  const user = openStudioSignedIn("/styles");

  await user.click(await screen.findByRole("button", { name: "Train a style" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.click(dialog.getByRole("button", { name: "Train" }));
  expect(dialog.getByText("Choose an archive first.")).toBeDefined();
  const archive = new File(["zip"], "stickers.zip", { type: "application/zip" });
  await user.upload(document.querySelector("input[type=file]") as HTMLInputElement, archive);
  await user.type(dialog.getByLabelText("Name"), "stkr");
  await user.type(dialog.getByLabelText("Trigger word"), "stkr");
  await user.type(dialog.getByLabelText("Steps"), "40");
  await user.selectOptions(dialog.getByLabelText("Recipe"), "tiny");
  await user.click(dialog.getByRole("button", { name: "Train" }));
  expect(await dialog.findByText("Use at most 20000 steps.")).toBeDefined();
  await user.click(dialog.getByRole("button", { name: "Train" }));

  expect(await screen.findByRole("dialog", { name: "Training" })).toBeDefined();
  const body = {
    training_file: "file_1",
    suffix: "stkr",
    trigger: "stkr",
    recipe: "tiny",
    hyperparameters: { steps: 40 },
  };
  const call = [["purpose", "file"], "dataset", body];
  expect(sent).toEqual([...call, ...call]);
});
