import { Button, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { DeleteButton } from "@/components/delete-button";
import { cancelSet, deleteSet, type ImageSet, useRereadSets, useSetChange } from "@/lib/sets";
import { AddSubjects } from "./add-subjects";
import { ExportSet } from "./export-set";

/** What is done with the whole set. */
export function SetActions({ set }: { set: ImageSet }) {
  const [isAdding, adding] = useDisclosure(false);
  const [isExporting, exporting] = useDisclosure(false);
  const cancel = useSetChange(() => cancelSet(set));
  const navigate = useNavigate();
  const reread = useRereadSets();
  const isUnderWay = set.status === "in_progress";

  async function leave() {
    await navigate({ to: "/sets" });
    await reread();
  }

  return (
    <Group gap="xs">
      {!isUnderWay && set.num_completed > 0 && <Button onClick={exporting.open}>Export…</Button>}
      {set.kind === "icon" && (
        <Button variant="light" onClick={adding.open}>
          Add subjects
        </Button>
      )}
      {isUnderWay ? (
        <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate(undefined)}>
          Cancel
        </Button>
      ) : (
        <DeleteButton
          question={`Delete the set and its ${set.num_completed} images for good?`}
          remove={() => deleteSet(set)}
          onDeleted={leave}
        />
      )}
      {cancel.error && (
        <Text size="sm" c="var(--mantine-color-error)">
          {cancel.error.message}
        </Text>
      )}
      {isAdding && <AddSubjects set={set} onClose={adding.close} />}
      {isExporting && <ExportSet set={set} onClose={exporting.close} />}
    </Group>
  );
}
