import { Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { OnGrounds } from "@/components/on-grounds";

const sizes_px = [180, 48, 32, 16];
const masks = { iOS: "22.37%", Android: "50%", None: "0" } as const;

type Mask = keyof typeof masks;
type SmallSizesProps = { url: string; alt: string };

/** The icon as home screens and tabs show it, on a light and on a dark ground. */
export function SmallSizes({ url, alt }: SmallSizesProps) {
  const [mask, setMask] = useState<Mask>("iOS");

  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Text fw={600} size="sm">
          Small sizes
        </Text>
        <SegmentedControl
          size="xs"
          aria-label="Mask"
          data={Object.keys(masks)}
          value={mask}
          onChange={(value) => setMask(value as Mask)}
        />
      </Group>
      <OnGrounds>
        {(ground) => (
          <Group gap="md" align="center" justify="center" wrap="nowrap">
            {sizes_px.map((size_px) => (
              <img
                key={size_px}
                src={url}
                width={size_px}
                height={size_px}
                alt={`${alt}, ${size_px} pixels on ${ground}`}
                style={{ borderRadius: masks[mask], flexShrink: 0 }}
              />
            ))}
          </Group>
        )}
      </OnGrounds>
    </Stack>
  );
}
