import { Paper } from "@mantine/core";
import type { ReactNode } from "react";

const grounds = { light: "#ffffff", dark: "#17181c" };

/** The same on a light and on a dark ground, whatever the studio's own colours are. */
export function OnGrounds({ children }: { children: (ground: string) => ReactNode }) {
  return Object.entries(grounds).map(([ground, colour]) => (
    <Paper key={ground} bg={colour} withBorder p="sm" style={{ overflow: "hidden" }}>
      {children(ground)}
    </Paper>
  ));
}
