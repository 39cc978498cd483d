import { isNotEmpty, useForm } from "@mantine/form";
import { type LayoutBox, toBoxes, toLayout } from "@/components/layout-editor/boxes";
import { faultsOf } from "@/components/layout-editor/faults";
import type { Generation, JobBody } from "@/lib/generations";
import type { KeylineName, Model, StyleModel } from "@/lib/models";

export type AdapterChoice = NonNullable<JobBody["lora"]>[number];

/** Fields carry their API names, so that an error's `param` finds its field. Number inputs hold "" when empty. */
export type DrawValues = {
  prompt: string;
  size: string;
  n: string;
  /** Empty: what the style says. */
  quality: string;
  seed: number | string;
  negative_prompt: string;
  num_inference_steps: number | string;
  guidance_scale: number | string;
  /** Of a starting image: the share of the steps that is drawn. */
  strength: number;
  /** A style's id, of the newest version or of one; empty: none. */
  style: string;
  lora: AdapterChoice[];
  /** Whose look is taken, unless an image of the gallery is named by the address. */
  style_image: File | null;
  style_strength: number;
  layout: LayoutBox[];
  /** The template's name; empty: none. */
  keyline: string;
  /** Hexadecimal, with `#`: the icon's only colours. */
  palette: string[];
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
    style: "",
    lora: [],
    style_image: null,
    style_strength: 0.75,
    layout: [],
    keyline: "",
    palette: [],
  };
}

function valuesOf(generation: Generation, model: Model): DrawValues {
  const { layout, palette, lora } = generation.controls;
  return {
    ...firstValues(model),
    prompt: generation.prompt,
    size: generation.size,
    n: String(generation.seeds.length),
    negative_prompt: generation.negative_prompt ?? "",
    num_inference_steps: generation.num_inference_steps,
    guidance_scale: generation.guidance_scale,
    style: generation.style?.id ?? "",
    // Those of its style, the style tells.
    lora: generation.style
      ? []
      : lora.map((use, index) => ({ ...use, id: generation.adapters[index] ?? use.id })),
    layout: toBoxes(layout),
    keyline: layout.keyline?.template ?? "",
    palette,
  };
}

export function useDrawForm(model: Model, like: Generation | null, seed: number | undefined) {
  const values = like ? valuesOf(like, model) : firstValues(model);
  return useForm<DrawValues>({
    initialValues: { ...values, seed: seed ?? "" },
    validate: {
      prompt: isNotEmpty("Describe the image first."),
      layout: (boxes) =>
        faultsOf(boxes).length > 0 ? "Nothing was sent yet: see above what to put right." : null,
    },
  });
}

export type DrawForm = ReturnType<typeof useDrawForm>;

export function isAdvancedField(name: string): boolean {
  return advancedFields.some((field) => field === name);
}

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

function layoutOf({ layout, keyline }: DrawValues): JobBody["layout"] | null {
  if (layout.length === 0 && keyline === "") return null;
  const template = keyline as KeylineName;
  return { ...toLayout(layout), ...(keyline && { keyline: { template } }) };
}

/** Of files that were sent before: the image to be drawn over, and the one whose look is taken. */
export type InputFiles = { startId: string | null; styleId: string | null };

export function toBody(
  model: Model,
  styles: StyleModel[],
  values: DrawValues,
  { startId, styleId }: InputFiles,
): JobBody {
  const { lora, style, style_strength, palette } = values;
  const layout = layoutOf(values);
  return {
    prompt: withTriggers(values.prompt, lora, styles),
    model: model.id,
    n: Number(values.n),
    size: values.size,
    quality: (values.quality || undefined) as JobBody["quality"],
    seed: optionalNumber(values.seed),
    negative_prompt: values.negative_prompt || undefined,
    num_inference_steps: optionalNumber(values.num_inference_steps),
    guidance_scale: optionalNumber(values.guidance_scale),
    partial_images: 3,
    ...(style && { style }),
    ...(lora.length > 0 && { lora }),
    ...(layout && { layout }),
    ...(palette.length > 0 && { palette }),
    ...(startId && { images: [{ file_id: startId }], strength: values.strength }),
    ...(styleId && { style_images: [{ file_id: styleId }], style_strength }),
  };
}
