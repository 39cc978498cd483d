import { useMutation } from "@tanstack/react-query";
import type { components } from "@/client/schema";
import { api, unwrap } from "@/lib/api";
import type { GenerateValues } from "./use-generate-form";

type ImageDrawBody = components["schemas"]["ImageDrawBody"];
type ImageGenerationResponse = components["schemas"]["ImageGenerationResponse"];

export type GeneratedImage = { blob: Blob; seed: number; index: number };
export type Generation = {
  id: string;
  model: string;
  modelVersion: string;
  prompt: string;
  size: string;
  images: GeneratedImage[];
};

function optionalNumber(value: number | string): number | undefined {
  return value === "" ? undefined : Number(value);
}

function toBody(values: GenerateValues): ImageDrawBody {
  return {
    prompt: values.prompt,
    model: values.model,
    n: Number(values.n),
    size: values.size,
    seed: optionalNumber(values.seed),
    negative_prompt: values.negative_prompt || undefined,
    num_inference_steps: optionalNumber(values.num_inference_steps),
    guidance_scale: optionalNumber(values.guidance_scale),
    response_format: "b64_json",
    output_format: "png",
  };
}

function decodeImage(base64: string): Blob {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new Blob([bytes], { type: "image/png" });
}

function toGeneration(prompt: string, response: ImageGenerationResponse): Generation {
  return {
    id: response.id,
    model: response.model,
    modelVersion: response.model_version,
    prompt,
    size: response.size,
    images: response.data.map(({ b64_json, seed, index }) => ({
      blob: decodeImage(b64_json ?? ""),
      seed,
      index,
    })),
  };
}

export function useGenerateImages(onGenerated: (generation: Generation) => void) {
  return useMutation({
    mutationFn: async (values: GenerateValues) => {
      const response = await unwrap(api.POST("/v1/images/generations", { body: toBody(values) }));
      return toGeneration(values.prompt, response);
    },
    onSuccess: onGenerated,
  });
}
