import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { ErrorAlert } from "@/components/error-alert";
import { type Change, changeVersion, useVersionChange } from "./versions";

/** `other`: the version that is live now, or that it goes back to. */
export type Proposal = { id: string; model: string; change: Change; other?: string };

function wordsOf({ id, model, change, other }: Proposal): string[] {
  if (change === "rollback")
    return [
      `“${model}” means the version again that was live before${other ? `: ${other}` : ""}.`,
      `${id} is kept and can be made live again. What is being drawn ends with the version that it began with.`,
    ];
  return [
    `Every running model loads this version and tries it. Once all have taken it, “${model}” means it in every new drawing; if one refuses, nothing changes.`,
    other
      ? `${other}, which is live now, becomes the previous version: you can go back to it.`
      : "It is the first version of this style that is live.",
  ];
}

type ChangeDialogProps = { proposal: Proposal; onClose: () => void };

export function ChangeDialog({ proposal, onClose }: ChangeDialogProps) {
  const { id, model, change } = proposal;
  const isPromotion = change === "promote";
  const apply = useVersionChange(() => changeVersion(id, change));

  return (
    <Modal
      opened
      onClose={onClose}
      title={isPromotion ? `Make ${id} live?` : `Go back with “${model}”?`}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Stack>
        {wordsOf(proposal).map((sentence) => (
          <Text key={sentence} size="sm" style={{ overflowWrap: "anywhere" }}>
            {sentence}
          </Text>
        ))}
        {apply.error && <ErrorAlert title="Nothing was changed" error={apply.error} />}
        <Group justify="end">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button loading={apply.isPending} onClick={() => apply.mutate(undefined, { onSuccess: onClose })}>
            {isPromotion ? "Make it live" : "Go back"}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
