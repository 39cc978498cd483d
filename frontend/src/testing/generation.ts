import type { Generation } from "@/lib/generations";

/** A finished icon, with `fields` in the place of its own. */
export function generation(fields: Partial<Generation> = {}): Generation {
  const id = fields.id ?? "gen_1";
  const seeds = fields.seeds ?? [11];
  return {
    id,
    object: "image.generation",
    status: "completed",
    model: "icon",
    model_version: "starter@ab12cd34",
    created_at: 1_790_000_000,
    started_at: 1_790_000_001,
    completed_at: 1_790_000_003,
    progress: 1,
    queue_position: null,
    eta_s: null,
    priority: "interactive",
    deadline_at: null,
    prompt: "a blue bird",
    negative_prompt: null,
    size: "256x256",
    num_inference_steps: 20,
    guidance_scale: 5,
    controls: {
      style_images: [],
      control_images: [],
      layout: {},
      palette: [],
      lora: [],
      model_version: null,
      sampler: "euler",
      guidance_rescale: 0,
    },
    seeds,
    output_format: "png",
    images: seeds.map((seed, index) => ({
      index,
      seed,
      url: `http://localhost:3000/v1/generations/${id}/images/${index}`,
      thumbnail_url: `http://localhost:3000/v1/generations/${id}/images/${index}/thumbnail`,
      sha256: "0".repeat(64),
    })),
    adapters: [],
    style: null,
    cached: false,
    webhook: null,
    error: null,
    ...fields,
  };
}
