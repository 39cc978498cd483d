import { Badge } from "@mantine/core";
import type { StyleModel } from "@/lib/models";
import type { Training } from "./trainings";
import type { Version } from "./versions";

type Status = StyleModel["status"] | Version["status"] | Training["status"];

const words: Record<Status, string> = {
  live: "Live",
  candidate: "Candidate",
  canary: "Canary",
  previous: "Previous",
  published: "Older",
  retired: "Retired",
  damaged: "Damaged",
  validating_files: "Checking",
  queued: "Waiting",
  running: "Training",
  paused: "Paused",
  succeeded: "Succeeded",
  failed: "Failed",
  cancelled: "Cancelled",
};
// Shades that white reads well on.
const colours: Partial<Record<Status, string>> = {
  live: "teal.9",
  succeeded: "teal.9",
  running: "indigo.7",
  failed: "red.9",
  damaged: "red.9",
};

type StatusBadgeProps = {
  status: Status;
  /** 0 to 1: of a canary. */
  share?: number | null;
};

export function StatusBadge({ status, share }: StatusBadgeProps) {
  const colour = colours[status];
  return (
    <Badge color={colour ?? "gray"} variant={colour ? "filled" : "outline"} miw="fit-content">
      {words[status]}
      {typeof share === "number" && ` ${Math.round(100 * share)} %`}
    </Badge>
  );
}
