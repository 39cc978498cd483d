import { Card, Progress, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { GenerationImage } from "@/components/generation-image";
import { type IconSetSummary, iconSetQuery } from "@/lib/icon-sets";
import { moment } from "@/lib/moments";
import { consistencyVerdict } from "./alike";
import classes from "./sets.module.css";

const shown = [0, 1, 2, 3, 4, 5, 6, 7];

/** The first icons of a set, how far it is and how alike they look; leads to its page. */
export function SetCard({ set }: { set: IconSetSummary }) {
  const { data: whole } = useQuery(iconSetQuery(set.id));
  const { name, num_items, num_completed, status, created_at } = whole ?? set;
  const drawn = whole?.items.filter((item) => item.images.length > 0) ?? [];
  const score = whole?.consistency_score;

  return (
    <Card
      withBorder
      padding="sm"
      className={classes.card}
      renderRoot={(root) => <Link {...root} to="/sets/$setId" params={{ setId: set.id }} />}
    >
      <Stack gap="xs">
        <div className={classes.thumbnails}>
          {shown.map((place) => {
            const item = drawn[place];
            return (
              <div key={place} className={classes.place}>
                {item && (
                  <GenerationImage
                    generationId={item.generation_id}
                    index={0}
                    size={item.size}
                    alt=""
                    isThumbnail
                  />
                )}
              </div>
            );
          })}
        </div>
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
