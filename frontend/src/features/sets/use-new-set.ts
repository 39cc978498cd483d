import { isNotEmpty, useForm } from "@mantine/form";
import { ApiError } from "@/lib/api-error";
import { paletteFault } from "@/lib/colours";
import type { KeylineName } from "@/lib/models";
import { createIconSet, type IconSetBody, type ImageSet, place, useSetChange } from "@/lib/sets";
import { useStyleSteps } from "@/lib/styles";
import { readSubjects } from "./subjects";
import { subjectsFault } from "./subjects-field";

/** Fields carry their API names, so that an error's `param` finds its field. */
type NewSetValues = {
  name: string;
  subjects: string;
  template: string;
  /** A style's id; empty: none. */
  style: string;
  seed: number | string;
  /** Empty: what the style says. */
  quality: string;
  takesAfterFirst: boolean;
  /** Hexadecimal, with `#`: the icons' only colours. */
  palette: string[];
  /** The template's name; empty: none. */
  keyline: string;
};

const plainTemplate = `a ${place} icon`;
const firstTemplate = `a flat white ${place} on a blue rounded square`;

function toBody({
  name,
  subjects,
  template,
  style,
  seed,
  quality,
  takesAfterFirst,
  palette,
  keyline,
}: NewSetValues): IconSetBody {
  return {
    name: name.trim(),
    subjects: readSubjects(subjects).subjects,
    template,
    style: style || undefined,
    seed: seed === "" ? undefined : Number(seed),
    quality: (quality || undefined) as IconSetBody["quality"],
    consistency: takesAfterFirst ? "hero" : "seed",
    ...(palette.length > 0 && { palette }),
    ...(keyline && { layout: { keyline: { template: keyline as KeylineName } } }),
  };
}

export function useNewSet(onMade: (set: ImageSet) => void) {
  const form = useForm<NewSetValues>({
    initialValues: {
      name: "",
      subjects: "",
      template: firstTemplate,
      style: "",
      seed: "",
      quality: "medium",
      takesAfterFirst: false,
      palette: [],
      keyline: "",
    },
    validate: {
      name: isNotEmpty("Give the set a name."),
      subjects: (text) => subjectsFault(text),
      palette: paletteFault,
      template: (template) => (template.includes(place) ? null : `Keep ${place} where the subject comes.`),
    },
  });
  const create = useSetChange(createIconSet);
  const styleSteps = useStyleSteps(form.values.style);

  function blamedField(error: Error | null): string | null {
    // Of a list the server blames the one entry: "subjects.3".
    const field = error instanceof ApiError ? error.param?.split(".")[0] : undefined;
    if (field === "consistency") return "takesAfterFirst";
    return field !== undefined && Object.hasOwn(form.values, field) ? field : null;
  }

  function showOnField(error: Error): void {
    const field = blamedField(error);
    if (field) form.setFieldError(field, error.message);
  }

  /** What the first template says of the look would be heard beside the style. */
  function chooseStyle(style: string): void {
    form.setFieldValue("style", style);
    const { template } = form.values;
    if (style && template === firstTemplate) form.setFieldValue("template", plainTemplate);
    if (!style && template === plainTemplate) form.setFieldValue("template", firstTemplate);
  }

  const submit = form.onSubmit((values) =>
    create.mutate(toBody(styleSteps === null ? values : { ...values, quality: "" }), {
      onSuccess: onMade,
      onError: showOnField,
    }),
  );
  const formError = blamedField(create.error) ? null : create.error;
  return { form, submit, chooseStyle, formError, styleSteps, isPending: create.isPending };
}
