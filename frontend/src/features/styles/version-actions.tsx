import { Button } from "@mantine/core";
import type { Proposal } from "./change-dialog";
import type { Version } from "./versions";

type VersionActionsProps = {
  version: Version;
  all: Version[];
  onPropose: (proposal: Proposal) => void;
};

/** A live version can give way to the one before it; any other that is not retired can become live. */
export function VersionActions({ version, all, onPropose }: VersionActionsProps) {
  const { id, model, status } = version;
  const ofModel = (wanted: Version["status"]) =>
    all.filter((one) => one.model === model && one.status === wanted).map((one) => one.id);
  const previous = ofModel("previous");
  if (status === "retired" || (status === "live" && previous.length === 0)) return null;

  const isLive = status === "live";
  const proposal: Proposal = isLive
    ? { id, model, change: "rollback", other: previous.length === 1 ? previous[0] : undefined }
    : { id, model, change: "promote", other: ofModel("live")[0] };
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
