import { Stack } from "@mantine/core";
import type { FormEventHandler, ReactNode } from "react";

type FormProps = { onSubmit: FormEventHandler<HTMLFormElement>; children: ReactNode };

/** Fields below one another; what is wrong with them is said by ourselves and the server, not by the browser. */
export function Form({ onSubmit, children }: FormProps) {
  return (
    <form onSubmit={onSubmit} noValidate>
      <Stack>{children}</Stack>
    </form>
  );
}
