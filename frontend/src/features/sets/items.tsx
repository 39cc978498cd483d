import { SimpleGrid, Stack } from "@mantine/core";
import type { ImageSet, ImageSetItem } from "@/lib/sets";
import { SetItem } from "./set-item";
import classes from "./sets.module.css";
import { rowsOf, share } from "./themes";

type ItemsProps = { set: ImageSet; onOpen: (generationId: string) => void };

/** Height of a family's pictures; where there is more room, they take it. */
const height_px = 200;

/** Icons in a grid; splash screens in a row of each theme, equally high. */
export function Items({ set, onOpen }: ItemsProps) {
  const show = (item: ImageSetItem) => (
    <SetItem
      key={item.id}
      set={set}
      item={item}
      isHero={item.id === set.hero}
      onOpen={() => onOpen(item.generation_id)}
    />
  );
  if (set.kind === "icon") {
    return (
      <SimpleGrid cols={{ base: 2, xs: 3, md: 4, lg: 6 }} spacing="md">
        {set.items.map(show)}
      </SimpleGrid>
    );
  }
  return (
    <Stack>
      {rowsOf(set.items).map((row) => (
        <div key={row[0]?.id} className={classes.screens}>
          {row.map((item) => (
            <div key={item.id} className={classes.wideScreen} style={share(item, height_px)}>
              {show(item)}
            </div>
          ))}
        </div>
      ))}
    </Stack>
  );
}
