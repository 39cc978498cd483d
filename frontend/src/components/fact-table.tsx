import { Table } from "@mantine/core";

export type Fact = [name: string, value: string | number | null];

/** What is not known is left out. */
export function FactTable({ label, facts }: { label: string; facts: Fact[] }) {
  return (
    <Table layout="fixed" fz="sm" verticalSpacing={4} withRowBorders={false} aria-label={label}>
      <Table.Tbody>
        {facts.map(([name, value]) =>
          value === null ? null : (
            <Table.Tr key={name}>
              <Table.Th w={120} fw={500} c="dimmed" scope="row">
                {name}
              </Table.Th>
              <Table.Td style={{ overflowWrap: "anywhere" }}>{value}</Table.Td>
            </Table.Tr>
          ),
        )}
      </Table.Tbody>
    </Table>
  );
}
