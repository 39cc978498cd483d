import { Button } from "@mantine/core";
import { useState } from "react";
import { ChangeDialog, type Proposal } from "./change-dialog";
import { liveOf, type Version } from "./versions";

type VersionActionsProps = { version: Version; all: Version[]; variant: "subtle" | "default" };

/** A live version can give way to the one before it; any other that is not retired can become live. */
export function VersionActions({ version, all, variant }: VersionActionsProps) {
  const [asked, setAsked] = useState<Proposal | null>(null);
  const { id, model, status } = version;
  const previous = all.filter((one) => one.model === model && one.status === "previous");
  if (status === "retired" || (status === "live" && previous.length === 0)) return null;

  const isLive = status === "live";
  const proposal: Proposal = isLive
    ? { id, model, change: "rollback", other: previous.length === 1 ? previous[0]?.id : undefined }
    : { id, model, change: "promote", other: liveOf(model, all)?.id };
  return (
    <>
      <Button
        size="compact-sm"
        variant={variant}
        aria-label={isLive ? `Go back from ${id}` : `Make live: ${id}`}
        onClick={() => setAsked(proposal)}
      >
        {isLive ? "Go back" : "Make live"}
      </Button>
      {asked && <ChangeDialog proposal={asked} onClose={() => setAsked(null)} />}
    </>
  );
}
