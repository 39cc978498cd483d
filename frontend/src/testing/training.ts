import type { components } from "@/client/schema";

type Training = components["schemas"]["FineTuningJob"];

/** A training under way, with `fields` in the place of its own. */
export function training(fields: Partial<Training> = {}): Training {
  return {
    id: "ftjob_1",
    object: "fine_tuning.job",
    status: "running",
    model: "starter",
    fine_tuned_model: null,
    created_at: 1_790_000_000,
    started_at: 1_790_000_001,
    finished_at: null,
    progress: 0,
    training_file: "file_1",
    method: "style",
    suffix: "stkr",
    trigger: "stkr",
    class_prompt: "",
    recipe: "tiny",
    hyperparameters: { steps: 40, rank: null, learning_rate: null, optimizer: "adamw" },
    seed: null,
    license: "",
    error: null,
    promotion: null,
    ...fields,
  };
}

export function listedTrainings(...data: Training[]): Response {
  return Response.json({ object: "list", data, has_more: false, last_id: null });
}
