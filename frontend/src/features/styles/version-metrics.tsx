import { Table, Text } from "@mantine/core";
import { measuredOf, wasLiveMeasured } from "./metrics";
import type { Version } from "./versions";

/** What its training measured of it, beside the model without it and beside what was live then. */
export function VersionMetrics({ metrics }: { metrics: Version["metrics"] }) {
  const measured = measuredOf(metrics);
  if (measured.length === 0) return <Text c="dimmed">Nothing was measured of it.</Text>;
  const compared = ["Without it", ...(wasLiveMeasured(metrics) ? ["Live then"] : [])];

  return (
    <div>
      {measured.map(({ name, goal, figures, gains }) => (
        <Table key={name} aria-label={name} fz="sm" verticalSpacing={3} mb="sm" captionSide="top">
          <Table.Caption ta="left" mt={0} mb={2}>
            <Text span size="sm" fw={500} c="var(--mantine-color-text)">
              {name}
            </Text>
            {`, ${goal}`}
          </Table.Caption>
          <Table.Tbody>
            {["This version", ...compared].map((who, index) => (
              <Table.Tr key={who}>
                <Table.Th scope="row" w={110} fw={400}>
                  {who}
                </Table.Th>
                <Table.Td style={{ fontVariantNumeric: "tabular-nums" }}>{figures[index]}</Table.Td>
                <Table.Td ta="right" style={{ fontVariantNumeric: "tabular-nums" }}>
                  {index > 0 && gains[index - 1] && `better by ${gains[index - 1]}`}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      ))}
      <Text size="xs" c="dimmed">
        In brackets, intervals of 95 %. A gain whose interval is wholly above 0 is no chance.
      </Text>
    </div>
  );
}
