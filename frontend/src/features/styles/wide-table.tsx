import { Table, Text } from "@mantine/core";
import type { ReactNode } from "react";

type Column = { title: string; isRight?: boolean };

type WideTableProps = {
  label: string;
  /** In pixels; where there is less room, it is scrolled. */
  minWidth: number;
  columns: Column[];
  /** Its rows. */
  children: ReactNode;
};

export function WideTable({ label, minWidth, columns, children }: WideTableProps) {
  return (
    <Table.ScrollContainer minWidth={minWidth} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table verticalSpacing="xs" aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ title, isRight }) => (
              <Table.Th key={title} ta={isRight ? "right" : undefined}>
                {title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** What a row is of, and what exactly. */
export function NameCell({ name, id }: { name: string; id: string | null }) {
  return (
    <Table.Td>
      <Text size="sm" fw={500}>
        {name}
      </Text>
      <Text size="xs" c="dimmed">
        {id}
      </Text>
    </Table.Td>
  );
}
