import { Textarea } from "@mantine/core";
import type { GetInputPropsReturnType } from "@mantine/form";
import { maxSubjects } from "@/lib/sets";
import { readSubjects } from "./subjects";

type SubjectsFieldProps = {
  field: GetInputPropsReturnType;
  /** What the set has already. */
  taken?: string[];
};

export function SubjectsField({ field, taken }: SubjectsFieldProps) {
  const { subjects, twice } = readSubjects(field.value, taken);
  const count = subjects.length === 1 ? "1 subject" : `${subjects.length} subjects`;
  const leftOut = twice.length > 0 ? ` Left out, being there already: ${twice.join(", ")}.` : "";

  return (
    <Textarea
      label="Subjects"
      description={`One a line, or with commas between them. ${count} of at most ${maxSubjects}.${leftOut}`}
      descriptionProps={{ "aria-live": "polite" }}
      placeholder={"house\nmagnifying glass\nbell\nshopping cart"}
      autosize
      minRows={6}
      maxRows={14}
      {...field}
    />
  );
}

/** What is wrong with what was written, or null. */
export function subjectsFault(text: string, taken?: string[]): string | null {
  const { length } = readSubjects(text, taken).subjects;
  if (length === 0) return "Name at least one subject that is not there yet.";
  return length > maxSubjects ? `These are ${length}; a request takes ${maxSubjects}.` : null;
}
