import { Card, Progress, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { moment } from "@/lib/moments";
import { type ImageSetSummary, setQuery } from "@/lib/sets";
import { consistencyVerdict } from "./alike";
import classes from "./sets.module.css";
import { Thumbnails } from "./thumbnails";

/** A set's pictures, how far it is and how alike they look; leads to its page. */
export function SetCard({ set }: { set: ImageSetSummary }) {
  const { data: whole } = useQuery(setQuery(set));
  const { id, kind, name, num_items, num_completed, status, created_at } = whole ?? set;
  const score = kind === "icon" ? whole?.consistency_score : null; // a family's shapes and themes are meant to differ

  return (
    <Card
      withBorder
      padding="sm"
      className={classes.card}
      renderRoot={(root) => <Link {...root} to="/sets/$setId" params={{ setId: id }} search={{ kind }} />}
    >
      <Stack gap="xs">
        <Thumbnails kind={kind} items={whole?.items ?? []} />
        <div>
          <Text fw={600} lineClamp={1}>
            {name}
          </Text>
          <Text size="xs" c="dimmed">
            {num_completed} of {num_items} drawn
            {typeof score === "number" && ` · ${consistencyVerdict(score).figure} alike`} ·{" "}
            {moment(created_at)}
          </Text>
        </div>
        {status === "in_progress" && (
          <Progress value={100 * (whole?.progress ?? 0)} size="sm" aria-label={`Progress of ${name}`} />
        )}
      </Stack>
    </Card>
  );
}
