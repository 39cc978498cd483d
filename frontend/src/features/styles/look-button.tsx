import { Button } from "@mantine/core";

type LookButtonProps = { what: string; onOpen: () => void };

/** At the end of a row: opens what it is of. */
export function LookButton({ what, onOpen }: LookButtonProps) {
  return (
    <Button size="compact-sm" variant="subtle" aria-label={`Look at ${what}`} onClick={onOpen}>
      Look
    </Button>
  );
}
