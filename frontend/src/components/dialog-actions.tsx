import { Button, Group } from "@mantine/core";

type DialogActionsProps = { submit: string; isPending: boolean; onClose: () => void };

/** The end of a dialog's form. */
export function DialogActions({ submit, isPending, onClose }: DialogActionsProps) {
  return (
    <Group justify="end">
      <Button variant="default" onClick={onClose}>
        Close
      </Button>
      <Button type="submit" loading={isPending}>
        {submit}
      </Button>
    </Group>
  );
}
