import type { Style } from "@/lib/styles";

/** Of one's own, with `fields` in the place of its own. */
export function style(fields: Partial<Style> = {}): Style {
  return {
    id: "style_1",
    object: "style",
    version: 1,
    is_preset: false,
    created_at: 1_790_000_000,
    name: "House",
    kind: "icon",
    prompt_prefix: "",
    prompt_suffix: "line style",
    negative_prompt: null,
    num_inference_steps: null,
    guidance_scale: null,
    sampler: null,
    style_strength: null,
    style_images: [],
    lora: [],
    ...fields,
  };
}

export const presets = [
  style({ id: "flat", name: "Flat", prompt_suffix: "flat style", is_preset: true, created_at: null }),
  style({ id: "night", name: "Night", kind: "splash", prompt_suffix: "night palette", is_preset: true }),
];

export function listedStyles(...own: Style[]): Response {
  return Response.json({ object: "list", data: [...own, ...presets], has_more: false, last_id: "night" });
}
