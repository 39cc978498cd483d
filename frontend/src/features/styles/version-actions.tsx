import { Button } from "@mantine/core";
import type { Proposal } from "./change-dialog";
import { liveOf, type Version } from "./versions";

type VersionActionsProps = {
  version: Version;
  all: Version[];
  onPropose: (proposal: Proposal) => void;
};

/** A live version can give way to the one before it; any other that is not retired can become live. */
export function VersionActions({ version, all, onPropose }: VersionActionsProps) {
  const { id, model, status } = version;
  const previous = all.filter((one) => one.model === model && one.status === "previous");
  if (status === "retired" || (status === "live" && previous.length === 0)) return null;

  const isLive = status === "live";
  const proposal: Proposal = isLive
    ? { id, model, change: "rollback", other: previous.length === 1 ? previous[0]?.id : undefined }
    : { id, model, change: "promote", other: liveOf(model, all)?.id };
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      aria-label={isLive ? `Go back from ${id}` : `Make live: ${id}`}
      onClick={() => onPropose(proposal)}
    >
      {isLive ? "Go back" : "Make live"}
    </Button>
  );
}
