import { Table } from "@mantine/core";
import type { Generation } from "@/lib/generations";
import { moment } from "@/lib/moments";

type FactsProps = { generation: Generation; index: number };

export function Facts({ generation, index }: FactsProps) {
  const facts: [string, string | number | null][] = [
    ["Seed", generation.images.find((image) => image.index === index)?.seed ?? null],
    ["Size", generation.size.replace("x", " × ")],
    ["Steps", generation.num_inference_steps],
    ["Guidance", generation.guidance_scale],
    ["Not shown", generation.negative_prompt],
    ["Styles", generation.adapters.join(", ") || null],
    ["Model version", generation.model_version],
    ["Made", moment(generation.created_at)],
    ["Id", generation.id],
  ];

  return (
    <Table layout="fixed" fz="sm" verticalSpacing={4} withRowBorders={false} aria-label="How it was made">
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
