import { Modal } from "@mantine/core";
import { useForm } from "@mantine/form";
import { DialogActions } from "@/components/dialog-actions";
import { ErrorAlert } from "@/components/error-alert";
import { Form } from "@/components/form";
import { addSubjects, type ImageSet, useSetChange } from "@/lib/sets";
import { readSubjects } from "./subjects";
import { SubjectsField, subjectsFault } from "./subjects-field";

type AddSubjectsProps = { set: ImageSet; onClose: () => void };

export function AddSubjects({ set, onClose }: AddSubjectsProps) {
  const taken = set.items.map((item) => item.subject);
  const form = useForm({
    initialValues: { subjects: "" },
    validate: { subjects: (text) => subjectsFault(text, taken) },
  });
  const add = useSetChange((subjects: string[]) => addSubjects(set.id, subjects));
  const submit = form.onSubmit(({ subjects }) =>
    add.mutate(readSubjects(subjects, taken).subjects, { onSuccess: onClose }),
  );

  return (
    <Modal opened onClose={onClose} title="Add subjects" closeButtonProps={{ "aria-label": "Close" }}>
      <Form onSubmit={submit}>
        <SubjectsField field={form.getInputProps("subjects")} taken={taken} />
        {add.error && <ErrorAlert title="Nothing was added" error={add.error} />}
        <DialogActions submit="Draw them" isPending={add.isPending} onClose={onClose} />
      </Form>
    </Modal>
  );
}
