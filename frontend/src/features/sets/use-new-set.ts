import { isNotEmpty, useForm } from "@mantine/form";
import { ApiError } from "@/lib/api-error";
import { createIconSet, type IconSet, type IconSetBody, place, useSetChange } from "@/lib/icon-sets";
import { readSubjects } from "./subjects";
import { subjectsFault } from "./subjects-field";

/** Fields carry their API names, so that an error's `param` finds its field. */
type NewSetValues = {
  name: string;
  subjects: string;
  template: string;
  seed: number | string;
  quality: string;
  takesAfterFirst: boolean;
};

function toBody({ name, subjects, template, seed, quality, takesAfterFirst }: NewSetValues): IconSetBody {
  return {
    name: name.trim(),
    subjects: readSubjects(subjects).subjects,
    template,
    seed: seed === "" ? undefined : Number(seed),
    quality: quality as IconSetBody["quality"],
    consistency: takesAfterFirst ? "hero" : "seed",
  };
}

export function useNewSet(onMade: (set: IconSet) => void) {
  const form = useForm<NewSetValues>({
    initialValues: {
      name: "",
      subjects: "",
      template: `a flat white ${place} on a blue rounded square`,
      seed: "",
      quality: "medium",
      takesAfterFirst: false,
    },
    validate: {
      name: isNotEmpty("Give the set a name."),
      subjects: (text) => subjectsFault(text),
      template: (template) => (template.includes(place) ? null : `Keep ${place} where the subject comes.`),
    },
  });
  const create = useSetChange(createIconSet);

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

  const submit = form.onSubmit((values) =>
    create.mutate(toBody(values), { onSuccess: onMade, onError: showOnField }),
  );
  const formError = blamedField(create.error) ? null : create.error;
  return { form, submit, formError, isPending: create.isPending };
}
