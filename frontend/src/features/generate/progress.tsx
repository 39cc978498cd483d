import { Group, Loader, SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import { useEffect, useRef } from "react";
import { aspectRatio, gridColumns } from "./layout";
import { useElapsedSeconds } from "./use-elapsed-seconds";

type ProgressProps = { count: number; size: string };

export function Progress({ count, size }: ProgressProps) {
  const elapsed_s = useElapsedSeconds();
  const line = useRef<HTMLDivElement>(null);
  const slots = Array.from({ length: count }, (_, slot) => slot);

  // On a phone the results lie below the form, out of sight.
  useEffect(() => {
    line.current?.scrollIntoView({ block: "center" });
  }, []);

  return (
    <Stack gap="sm">
      <Group gap="xs" ref={line}>
        <Loader size="xs" />
        <Text role="status" fw={500}>
          {count === 1 ? "Generating 1 image" : `Generating ${count} images`}
        </Text>
        <Text role="timer" c="dimmed">
          {elapsed_s} s
        </Text>
      </Group>
      <SimpleGrid cols={gridColumns(count)} aria-hidden="true">
        {slots.map((slot) => (
          <Skeleton key={slot} radius="lg" h="auto" mah="60vh" style={{ aspectRatio: aspectRatio(size) }} />
        ))}
      </SimpleGrid>
    </Stack>
  );
}
