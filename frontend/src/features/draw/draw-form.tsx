import { ApiError } from "@/lib/api-error";
import type { Generation } from "@/lib/generations";
import type { Model } from "@/lib/models";
import { DrawFields, type Words } from "./draw-fields";
import { StartField, type StartImage } from "./start-field";
import { useDraw } from "./use-draw";
import { useDrawForm } from "./use-draw-form";

export type DrawFormProps = {
  model: Model;
  words: Words;
  placeholder: string;
  like: Generation | null;
  seed: number | undefined;
  start: StartImage | null;
  onRemoveStart: () => void;
  onDrawn: () => void;
};

export function DrawForm({
  model,
  words,
  placeholder,
  like,
  seed,
  start,
  onRemoveStart,
  onDrawn,
}: DrawFormProps) {
  const form = useDrawForm(model, like, seed);
  const draw = useDraw(model, start);

  function blamedField(error: Error | null): string | null {
    if (!(error instanceof ApiError) || error.param === null) return null;
    return Object.hasOwn(form.values, error.param) ? error.param : null;
  }

  function showOnField(error: Error): void {
    const field = blamedField(error);
    if (field) form.setFieldError(field, error.message);
  }

  const submit = form.onSubmit((values) => draw.mutate(values, { onSuccess: onDrawn, onError: showOnField }));

  return (
    <form onSubmit={submit} noValidate>
      <DrawFields
        form={form}
        model={model}
        words={words}
        placeholder={placeholder}
        formError={blamedField(draw.error) ? null : draw.error}
        isPending={draw.isPending}
      >
        {start && <StartField start={start} form={form} onRemove={onRemoveStart} />}
      </DrawFields>
    </form>
  );
}
