import { FileInput } from "@mantine/core";
import { type DragEvent, type ReactNode, useState } from "react";

type FileDropProps = {
  label: string;
  description?: string;
  placeholder: string;
  accept: string;
  value?: File | null;
  error?: ReactNode;
  onChange: (file: File | null) => void;
};

/** A field for a file, which can be chosen or dropped onto it. */
export function FileDrop({ onChange, ...field }: FileDropProps) {
  const [isOver, setIsOver] = useState(false);

  function drop(event: DragEvent) {
    event.preventDefault();
    setIsOver(false);
    const [file] = event.dataTransfer.files;
    if (file) onChange(file);
  }

  return (
    <FileInput
      {...field}
      clearable
      clearButtonProps={{ "aria-label": `Remove: ${field.label}` }}
      onChange={onChange}
      onDragOver={(event) => [event.preventDefault(), setIsOver(true)]}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
      styles={{
        input: isOver ? { borderColor: "var(--mantine-primary-color-filled)" } : {},
        placeholder: { color: "var(--mantine-color-dimmed)" },
      }}
    />
  );
}
