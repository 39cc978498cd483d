import { Checkbox, Stack, Text } from "@mantine/core";
import { VersionGates } from "./version-gates";
import { failedGates, type Version } from "./versions";

type GatesWaiverProps = { version: Version; isForced: boolean; onForce: (isForced: boolean) => void };

/** What keeps a version from being drawn with, and an admin's word that it is to be all the same. */
export function GatesWaiver({ version, isForced, onForce }: GatesWaiverProps) {
  const failed = failedGates(version);
  if (failed.length === 0) return null;

  return (
    <Stack gap="xs">
      <div>
        <Text size="sm" fw={600}>
          {failed.length === 1
            ? "A gate of this version is not held:"
            : `${failed.length} gates of this version are not held:`}
        </Text>
        <VersionGates gates={failed} />
      </div>
      <Checkbox
        label="Draw with it all the same"
        description="The audit log says so, for review."
        checked={isForced}
        onChange={(event) => onForce(event.currentTarget.checked)}
      />
    </Stack>
  );
}
