import { Group, SegmentedControl, Stack, Switch } from "@mantine/core";
import { useState } from "react";
import { Loading } from "@/components/loading";
import type { Generation } from "@/lib/generations";
import { aspectRatio, useImageUrl } from "@/lib/images";
import { DeviceFrame } from "./device-frame";
import { devices, type Orientation, orientations } from "./devices";

type SplashViewProps = { generation: Generation; index: number };

export function SplashView({ generation, index }: SplashViewProps) {
  const [orientation, setOrientation] = useState<Orientation>(
    aspectRatio(generation.size) > 1 ? "landscape" : "portrait",
  );
  const [hasSafeArea, setHasSafeArea] = useState(true);
  const { url } = useImageUrl(generation.id, index);

  return (
    <Stack>
      <Group justify="space-between">
        <SegmentedControl
          size="xs"
          aria-label="Device"
          data={orientations.map((value) => ({ value, label: devices[value].label }))}
          value={orientation}
          onChange={(value) => setOrientation(value as Orientation)}
        />
        <Switch
          label="Safe area"
          checked={hasSafeArea}
          onChange={(event) => setHasSafeArea(event.currentTarget.checked)}
        />
      </Group>
      {url ? (
        <DeviceFrame
          device={devices[orientation]}
          url={url}
          alt={generation.prompt}
          hasSafeArea={hasSafeArea}
        />
      ) : (
        <Loading what="the picture" />
      )}
    </Stack>
  );
}
