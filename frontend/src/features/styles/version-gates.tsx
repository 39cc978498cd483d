import { Text } from "@mantine/core";
import type { Version } from "./versions";

type Gate = Version["gates"][number];

/** What was measured before it was published, and what of it keeps the version from becoming live. */
export function VersionGates({ gates }: { gates: Gate[] }) {
  return gates
    .filter((gate) => gate.value !== null || !gate.holds)
    .map((gate) => (
      <Text key={gate.metric} size="xs" c={gate.holds ? "dimmed" : "var(--mantine-color-error)"}>
        {gate.metric}: {gate.value === null ? "not measured" : gate.value.toPrecision(3)}
        {!gate.holds && gate.value !== null && `, ${bound(gate)}`}
      </Text>
    ));
}

function bound({ above, at_most }: Gate): string {
  return above === null ? `over ${at_most}` : `not above ${above}`;
}
