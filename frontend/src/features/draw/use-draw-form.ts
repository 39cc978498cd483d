import { isNotEmpty, useForm } from "@mantine/form";
import type { Generation, JobBody } from "@/lib/generations";
import type { Model } from "@/lib/models";

/** Fields carry their API names, so that an error's `param` finds its field. Number inputs hold "" when empty. */
export type DrawValues = {
  prompt: string;
  size: string;
  n: string;
  quality: string;
  seed: number | string;
  negative_prompt: string;
  num_inference_steps: number | string;
  guidance_scale: number | string;
  /** Of a starting image: the share of the steps that is drawn. */
  strength: number;
};

const advancedFields = ["negative_prompt", "num_inference_steps", "guidance_scale"] as const;

function firstValues(model: Model): DrawValues {
  return {
    prompt: "",
    size: model.default_size,
    n: "2",
    quality: "medium",
    seed: "",
    negative_prompt: "",
    num_inference_steps: "",
    guidance_scale: "",
    strength: 0.6,
  };
}

function valuesOf(generation: Generation, model: Model): DrawValues {
  return {
    ...firstValues(model),
    prompt: generation.prompt,
    size: generation.size,
    n: String(generation.seeds.length),
    negative_prompt: generation.negative_prompt ?? "",
    num_inference_steps: generation.num_inference_steps,
    guidance_scale: generation.guidance_scale,
  };
}

export function useDrawForm(model: Model, like: Generation | null, seed: number | undefined) {
  const values = like ? valuesOf(like, model) : firstValues(model);
  return useForm<DrawValues>({
    initialValues: { ...values, seed: seed ?? "" },
    validate: { prompt: isNotEmpty("Describe the image first.") },
  });
}

export type DrawForm = ReturnType<typeof useDrawForm>;

export function isAdvancedField(name: string): boolean {
  return advancedFields.some((field) => field === name);
}

function optionalNumber(value: number | string): number | undefined {
  return value === "" ? undefined : Number(value);
}

/** `startFileId`: of the image to be drawn over. */
export function toBody(model: Model, values: DrawValues, startFileId: string | null): JobBody {
  return {
    prompt: values.prompt,
    model: model.id,
    n: Number(values.n),
    size: values.size,
    quality: values.quality as JobBody["quality"],
    seed: optionalNumber(values.seed),
    negative_prompt: values.negative_prompt || undefined,
    num_inference_steps: optionalNumber(values.num_inference_steps),
    guidance_scale: optionalNumber(values.guidance_scale),
    partial_images: 3,
    ...(startFileId && { images: [{ file_id: startFileId }], strength: values.strength }),
  };
}
