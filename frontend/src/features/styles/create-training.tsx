import { Button, Group, Modal, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { ErrorAlert } from "@/components/error-alert";
import { FileDrop } from "@/components/file-drop";
import { Form } from "@/components/form";
import type { Training } from "./trainings";
import { useCreateTraining } from "./use-create-training";

const recipes = [
  { value: "", label: "Standard" },
  { value: "tiny", label: "Trial: few steps on the starter model" },
];

type CreateTrainingProps = { onClose: () => void; onCreated: (training: Training) => void };

export function CreateTraining({ onClose, onCreated }: CreateTrainingProps) {
  const { form, submit, isPending, formError } = useCreateTraining((training) => {
    onClose();
    onCreated(training);
  });

  return (
    <Modal opened onClose={onClose} title="Train a style" closeButtonProps={{ "aria-label": "Close" }}>
      <Form onSubmit={submit}>
        <FileDrop
          label="Pictures"
          description="A zip archive of 5 to 2000 pictures, each with its caption: NAME.txt beside NAME.png."
          placeholder="Choose an archive, or drop it here"
          accept=".zip,application/zip"
          {...form.getInputProps("training_file")}
        />
        <TextInput
          label="Name"
          description="What the style is called."
          placeholder="sticker"
          {...form.getInputProps("suffix")}
        />
        <TextInput
          label="Trigger word"
          description="The word in a prompt that calls the style; best one that means nothing else."
          placeholder="stkr"
          {...form.getInputProps("trigger")}
        />
        <Group grow align="start">
          <NativeSelect label="Recipe" data={recipes} {...form.getInputProps("recipe")} />
          <NumberInput
            label="Steps"
            placeholder="By recipe"
            allowNegative={false}
            allowDecimal={false}
            {...form.getInputProps("hyperparameters.steps")}
          />
        </Group>
        {formError && <ErrorAlert title="No training was begun" error={formError} />}
        <Group justify="end">
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
          <Button type="submit" loading={isPending}>
            Train
          </Button>
        </Group>
      </Form>
    </Modal>
  );
}
