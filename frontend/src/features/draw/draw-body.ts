import { toLayout } from "@/components/layout-editor/boxes";
import type { JobBody } from "@/lib/generations";
import type { KeylineName, Model, StyleModel } from "@/lib/models";
import type { SplashSetBody } from "@/lib/sets";
import type { AdapterChoice, DrawValues } from "./use-draw-form";

type ControlImages = NonNullable<JobBody["control_images"]>;
/** Of files that were sent before: the image to be drawn over, the one whose look is taken, and what is followed. */
export type InputFiles = { startId: string | null; styleId: string | null; control_images: ControlImages };

const maxName = 100;

function optionalNumber(value: number | string): number | undefined {
  return value === "" ? undefined : Number(value);
}

/** The trigger words of the chosen styles go first, as in the captions that they were trained on. */
function withTriggers(prompt: string, lora: AdapterChoice[], styles: StyleModel[]): string {
  const words = prompt.toLowerCase().split(/[^a-z0-9_-]+/);
  const missing = styles
    .filter(({ id }) => lora.some((choice) => choice.id === id))
    .flatMap(({ trigger }) => (trigger && !words.includes(trigger.toLowerCase()) ? [trigger] : []));
  return [...missing, prompt].join(" ");
}

function layoutOf({ layout, keyline, horizon }: DrawValues): JobBody["layout"] | null {
  if (layout.length === 0 && keyline === "" && horizon === "") return null;
  const template = keyline as KeylineName;
  return {
    ...toLayout(layout),
    ...(horizon !== "" && { horizon: Number(horizon) / 100 }),
    ...(keyline && { keyline: { template } }),
  };
}

/** What a single drawing and a family say alike. */
function drawingOf(values: DrawValues, { styleId, control_images }: Omit<InputFiles, "startId">) {
  const { lora, style, style_strength, palette, model_version, sampler, guidance_rescale } = values;
  const layout = layoutOf(values);
  const style_images = styleId ? [{ file_id: styleId }] : values.style_images;
  return {
    quality: (values.quality || undefined) as JobBody["quality"],
    seed: optionalNumber(values.seed),
    negative_prompt: values.negative_prompt || undefined,
    num_inference_steps: optionalNumber(values.num_inference_steps),
    guidance_scale: optionalNumber(values.guidance_scale),
    ...(style && { style }),
    ...(lora.length > 0 && { lora }),
    ...(layout && { layout }),
    ...(palette.length > 0 && { palette }),
    ...(model_version && { model_version }),
    ...(sampler && { sampler, guidance_rescale }),
    ...(style_images.length > 0 && { style_images, style_strength }),
    ...(control_images.length > 0 && { control_images }),
  };
}

export function toBody(
  model: Model,
  styles: StyleModel[],
  values: DrawValues,
  { startId, ...files }: InputFiles,
): JobBody {
  return {
    prompt: withTriggers(values.prompt, values.lora, styles),
    model: model.id,
    n: Number(values.n),
    size: values.size,
    partial_images: 3,
    ...drawingOf(values, files),
    ...(startId && { images: [{ file_id: startId }], strength: values.strength }),
  };
}

export function toFamilyBody(
  styles: StyleModel[],
  values: DrawValues,
  files: Omit<InputFiles, "startId">,
): SplashSetBody {
  const { prompt, name, formats, themes, lora } = values;
  return {
    name: name.trim() || prompt.trim().slice(0, maxName),
    brief: withTriggers(prompt, lora, styles),
    formats,
    themes,
    ...drawingOf(values, files),
  };
}
