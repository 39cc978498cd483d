import { Group, Text } from "@mantine/core";
import type { ReactNode } from "react";

type PanelHeadProps = { name: string; children: ReactNode };

/** What is looked at, and in which state it is. */
export function PanelHead({ name, children }: PanelHeadProps) {
  return (
    <Group justify="space-between">
      <Text fw={600} style={{ overflowWrap: "anywhere" }}>
        {name}
      </Text>
      {children}
    </Group>
  );
}
