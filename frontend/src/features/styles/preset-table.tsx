import { Table, Text } from "@mantine/core";
import { type Style, saidBy } from "@/lib/styles";
import { kindWords } from "./kind-words";

export function PresetTable({ presets }: { presets: Style[] }) {
  return (
    <Table verticalSpacing="xs" aria-label="Built-in styles">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Style</Table.Th>
          <Table.Th>For</Table.Th>
          <Table.Th>Adds</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {presets.map((style) => (
          <Table.Tr key={style.id}>
            <Table.Td>
              <Text size="sm" fw={500}>
                {style.name}
              </Text>
            </Table.Td>
            <Table.Td>{kindWords[style.kind ?? "any"]}</Table.Td>
            <Table.Td>{saidBy(style)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
