import { isNotEmpty, matches, useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError } from "@/lib/api-error";
import { uploadFile } from "@/lib/files";
import { createTraining, type Training, trainingsKey } from "./trainings";

/** Fields carry their API names, so that an error's `param` finds its field. */
type TrainingValues = {
  training_file: File | null;
  suffix: string;
  trigger: string;
  recipe: string;
  hyperparameters: { steps: number | string };
};

const fields = ["training_file", "suffix", "trigger", "recipe", "hyperparameters.steps"];

async function send({ training_file, ...values }: TrainingValues): Promise<Training> {
  if (!training_file) throw new Error("Choose an archive first.");
  const { id } = await uploadFile("dataset", training_file, training_file.name);
  const { steps } = values.hyperparameters;
  return createTraining({
    training_file: id,
    suffix: values.suffix,
    trigger: values.trigger,
    recipe: values.recipe || undefined,
    hyperparameters: steps === "" ? {} : { steps: Number(steps) },
  });
}

export function useCreateTraining(onCreated: (training: Training) => void) {
  const queryClient = useQueryClient();
  const form = useForm<TrainingValues>({
    initialValues: {
      training_file: null,
      suffix: "",
      trigger: "",
      recipe: "",
      hyperparameters: { steps: "" },
    },
    validate: {
      training_file: isNotEmpty("Choose an archive first."),
      suffix: matches(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "Use a to z, digits and, between them, dashes."),
      trigger: matches(
        /^[A-Za-z0-9][A-Za-z0-9_-]*$/,
        "Use one word of letters, digits, dash and underscore.",
      ),
    },
  });
  const create = useMutation({
    mutationFn: send,
    onSuccess: async (training) => {
      await queryClient.invalidateQueries({ queryKey: trainingsKey });
      onCreated(training);
    },
    onError: (error) => {
      const field = blamedField(error);
      if (field) form.setFieldError(field, error.message);
    },
  });
  const formError = blamedField(create.error) ? null : create.error;
  return {
    form,
    submit: form.onSubmit((values) => create.mutate(values)),
    isPending: create.isPending,
    formError,
  };
}

function blamedField(error: Error | null): string | null {
  const param = error instanceof ApiError ? error.param : null;
  return param !== null && fields.includes(param) ? param : null;
}
