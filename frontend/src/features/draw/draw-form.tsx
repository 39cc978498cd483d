import { useNavigate } from "@tanstack/react-router";
import { StyleField } from "@/components/style-field";
import { ApiError } from "@/lib/api-error";
import type { Generation } from "@/lib/generations";
import type { GalleryImage } from "@/lib/images";
import type { Model, StyleModel } from "@/lib/models";
import type { ImageSet } from "@/lib/sets";
import { useStyleSteps } from "@/lib/styles";
import { AgainField } from "./again-field";
import { DrawFields, type Words } from "./draw-fields";
import { StartField } from "./start-field";
import { StyleFields } from "./style-fields";
import { useDraw } from "./use-draw";
import { useDrawForm } from "./use-draw-form";

/** Fields of the form that the API knows by another name. */
const aliases: Record<string, string> = { brief: "prompt", "layout.horizon": "horizon" };

/** Of a list the server blames the one entry: "palette.0". What lies in a layout is in several fields. */
function fieldOf(param: string): string {
  return aliases[param] ?? (param.startsWith("layout.") ? param : param.replace(/\..*/, ""));
}

function goneOf(error: Error): string {
  const isGone = error instanceof ApiError && error.status === 404;
  return isGone ? "This version of the model is gone: the image can't be drawn as it was." : error.message;
}

export type DrawFormProps = {
  model: Model;
  styles: StyleModel[];
  words: Words;
  placeholder: string;
  like: Generation | null;
  seed: number | undefined;
  start: GalleryImage | null;
  onRemoveStart: () => void;
  look: GalleryImage | null;
  onRemoveLook: () => void;
  onDrawn: () => void;
};

export function DrawForm({
  model,
  styles,
  words,
  placeholder,
  like,
  seed,
  start,
  onRemoveStart,
  look,
  onRemoveLook,
  onDrawn,
}: DrawFormProps) {
  const form = useDrawForm(model, like, seed);
  const navigate = useNavigate();
  const styleSteps = useStyleSteps(form.values.style);
  const draw = useDraw(model, styles, { start, look });

  function blamedField(error: Error | null): string | null {
    if (!(error instanceof ApiError) || error.param === null) return null;
    const field = fieldOf(error.param);
    return Object.hasOwn(form.values, field) ? field : null;
  }

  function showOnField(error: Error): void {
    const field = blamedField(error);
    if (field) form.setFieldError(field, field === "model_version" ? goneOf(error) : error.message);
  }

  function show(made: Generation | ImageSet): void {
    if (!("items" in made)) onDrawn();
    else navigate({ to: "/sets/$setId", params: { setId: made.id }, search: { kind: made.kind } });
  }

  const submit = form.onSubmit((values) => {
    const asked = styleSteps === null ? values : { ...values, quality: "" };
    draw.mutate(asked, { onSuccess: show, onError: showOnField });
  });

  return (
    <form onSubmit={submit} noValidate>
      <DrawFields
        form={form}
        model={model}
        words={words}
        placeholder={placeholder}
        styleSteps={styleSteps}
        formError={blamedField(draw.error) ? null : draw.error}
        isPending={draw.isPending}
        canBeFamily={model.id === "splash" && start === null}
      >
        <AgainField form={form} model={model} />
        <StyleField kind={model.id} drawn={like?.style ?? null} {...form.getInputProps("style")} />
        {start && <StartField start={start} form={form} onRemove={onRemoveStart} />}
        <StyleFields form={form} styles={styles} look={look} onRemoveLook={onRemoveLook} />
      </DrawFields>
    </form>
  );
}
