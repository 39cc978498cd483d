import { isNotEmpty, useForm } from "@mantine/form";
import type { Model } from "@/lib/models";

/** Fields carry their API names, so that an error's `param` finds its field. Number inputs hold "" when empty. */
export type GenerateValues = {
  model: string;
  prompt: string;
  size: string;
  n: string;
  seed: number | string;
  negative_prompt: string;
  num_inference_steps: number | string;
  guidance_scale: number | string;
};

const advancedFields = ["negative_prompt", "num_inference_steps", "guidance_scale"] as const;

export function useGenerateForm(model: Model) {
  return useForm<GenerateValues>({
    initialValues: {
      model: model.id,
      prompt: "",
      size: model.default_size,
      n: "1",
      seed: "",
      negative_prompt: "",
      num_inference_steps: "",
      guidance_scale: "",
    },
    validate: { prompt: isNotEmpty("Describe the image first.") },
  });
}

export type GenerateForm = ReturnType<typeof useGenerateForm>;

export function isAdvancedField(name: string | null): boolean {
  return advancedFields.some((field) => field === name);
}
