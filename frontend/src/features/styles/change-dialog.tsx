import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorAlert } from "@/components/error-alert";
import { GatesWaiver } from "./gates-waiver";
import { failedGates, promoteVersion, rollBackVersion, useVersionChange, versionsQuery } from "./versions";

type Change = "promote" | "rollback";

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
  const [isForced, setIsForced] = useState(false);
  const { data: all } = useQuery(versionsQuery);
  const version = isPromotion ? all?.data.find((one) => one.id === id) : undefined;
  const isBarred = version !== undefined && failedGates(version).length > 0 && !isForced;
  const apply = useVersionChange(() => (isPromotion ? promoteVersion(id, isForced) : rollBackVersion(id)));

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
        {version && <GatesWaiver version={version} isForced={isForced} onForce={setIsForced} />}
        {apply.error && <ErrorAlert title="Nothing was changed" error={apply.error} />}
        <Group justify="end">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button
            color={isForced ? "red.9" : undefined}
            disabled={isBarred}
            loading={apply.isPending}
            onClick={() => apply.mutate(undefined, { onSuccess: onClose })}
          >
            {isForced ? "Make it live anyway" : isPromotion ? "Make it live" : "Go back"}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
