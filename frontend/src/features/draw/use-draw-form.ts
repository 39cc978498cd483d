import { isNotEmpty, useForm } from "@mantine/form";
import { type LayoutBox, toBoxes } from "@/components/layout-editor/boxes";
import { faultsOf } from "@/components/layout-editor/faults";
import { paletteFault } from "@/lib/colours";
import type { Generation, JobBody } from "@/lib/generations";
import type { Model } from "@/lib/models";
import type { Format, Theme } from "@/lib/sets";

export type AdapterChoice = NonNullable<JobBody["lora"]>[number];

type ControlDrawing = Generation["controls"]["control_images"][number];
/** `file_id` is that of a file that was sent before, else `file` is sent; `key` tells one from the next. */
export type ControlChoice = ControlDrawing & { key: string; file: File | null };

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
  /** Likewise, of an image that is drawn again. */
  style_images: Generation["controls"]["style_images"];
  style_strength: number;
  control_images: ControlChoice[];
  layout: LayoutBox[];
  /** In percent of a splash screen's height. */
  horizon: number | string;
  /** The template's name; empty: none. */
  keyline: string;
  /** Hexadecimal, with `#`: the icon's only colours. */
  palette: string[];
  /** A splash screen in several shapes and themes; `size` and `n` say nothing then. */
  isFamily: boolean;
  name: string;
  formats: Format[];
  themes: Theme[];
  /** By what an image is drawn again; empty: the one that is live. */
  model_version: string;
  sampler: Generation["controls"]["sampler"] | null;
  guidance_rescale: number;
};

/** In percent, as the API has it in shares. */
export const horizonRange = { min: 20, max: 90 };

const advancedFields = [
  "negative_prompt",
  "num_inference_steps",
  "guidance_scale",
  "control_images",
] as const;

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
    style_images: [],
    style_strength: 0.75,
    control_images: [],
    layout: [],
    horizon: "",
    keyline: "",
    palette: [],
    isFamily: false,
    name: "",
    formats: ["portrait", "landscape", "square"],
    themes: ["light", "dark"],
    model_version: "",
    sampler: null,
    guidance_rescale: 0,
  };
}

/** What makes the same seed the same image. */
function againOf({ model_version, controls }: Generation) {
  const { sampler, guidance_rescale } = controls;
  return { model_version: model_version ?? controls.model_version ?? "", sampler, guidance_rescale };
}

function valuesOf(generation: Generation, model: Model): DrawValues {
  const { layout, palette, lora, style_images, control_images } = generation.controls;
  const hasImages = style_images.length > 0 && !generation.style;
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
    style_images: hasImages ? style_images : [],
    style_strength: hasImages ? 1 : firstValues(model).style_strength,
    lora: generation.style
      ? []
      : lora.map((use, index) => ({ ...use, id: generation.adapters[index] ?? use.id })),
    control_images: control_images.map((one, index) => ({ ...one, key: String(index), file: null })),
    layout: toBoxes(layout),
    horizon: typeof layout.horizon === "number" ? Math.round(100 * layout.horizon) : "",
    keyline: layout.keyline?.template ?? "",
    palette,
  };
}

export function useDrawForm(model: Model, like: Generation | null, seed: number | undefined) {
  const values = like ? valuesOf(like, model) : firstValues(model);
  const again = like && seed !== undefined ? againOf(like) : {};
  return useForm<DrawValues>({
    initialValues: { ...values, ...again, seed: seed ?? "" },
    validate: {
      prompt: isNotEmpty("Describe the image first."),
      palette: paletteFault,
      layout: (boxes) =>
        faultsOf(boxes).length > 0 ? "Nothing was sent yet: see above what to put right." : null,
      formats: (formats, { isFamily }) =>
        isFamily && formats.length === 0 ? "Choose at least one shape." : null,
    },
  });
}

export type DrawForm = ReturnType<typeof useDrawForm>;

export function isAdvancedField(name: string): boolean {
  return advancedFields.some((field) => field === name);
}
