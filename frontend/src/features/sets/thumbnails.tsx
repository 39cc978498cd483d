import type { Kind } from "@/lib/generations";
import type { ImageSetItem } from "@/lib/sets";
import { ItemPicture } from "./item-picture";
import classes from "./sets.module.css";
import { rowsOf, share } from "./themes";

const places = [0, 1, 2, 3, 4, 5, 6, 7];

type ThumbnailsProps = { kind: Kind; items: ImageSetItem[] };

/** The first icons of a set, or a whole family of splash screens. */
export function Thumbnails({ kind, items }: ThumbnailsProps) {
  if (kind === "splash") return <Family items={items} />;
  const drawn = items.filter((item) => item.images.length > 0);
  return (
    <div className={classes.thumbnails}>
      {places.map((place) => {
        const item = drawn[place];
        return (
          <div key={place} className={classes.place}>
            {item && <ItemPicture item={item} />}
          </div>
        );
      })}
    </div>
  );
}

function Family({ items }: { items: ImageSetItem[] }) {
  return (
    <div className={classes.family}>
      {rowsOf(items).map((row) => (
        <div key={row[0]?.id} className={classes.row}>
          {row.map((item) => (
            <div key={item.id} className={classes.screen} style={share(item, 0)}>
              {item.images.length > 0 && <ItemPicture item={item} />}
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}
