import { Group, SegmentedControl, Stack, Title } from "@mantine/core";
import { useState } from "react";
import { OnGrounds } from "@/components/on-grounds";
import type { ImageSetItem } from "@/lib/sets";
import { ItemPicture } from "./item-picture";

const sizes_px = ["48", "32", "24", "16"];

/** The whole set small, as menus and tabs show it, on a light and on a dark ground. */
export function SideBySide({ items }: { items: ImageSetItem[] }) {
  const [size_px, setSize_px] = useState("32");
  const drawn = items.filter((item) => item.images.length > 0);
  if (drawn.length === 0) return null;

  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={2} size="h5">
          Side by side
        </Title>
        <SegmentedControl
          size="xs"
          aria-label="Size in pixels"
          data={sizes_px.map((value) => ({ value, label: `${value} px` }))}
          value={size_px}
          onChange={setSize_px}
        />
      </Group>
      <OnGrounds>
        {(ground) => (
          <Group gap="md" role="img" aria-label={`The set at ${size_px} pixels on ${ground}`}>
            {drawn.map((item) => (
              <div key={item.id} style={{ width: Number(size_px) }}>
                <ItemPicture item={item} />
              </div>
            ))}
          </Group>
        )}
      </OnGrounds>
    </Stack>
  );
}
