import { Table } from "@mantine/core";
import { moment } from "@/lib/moments";
import type { Training } from "./trainings";

export function TrainingFacts({ training }: { training: Training }) {
  const { trigger, recipe, hyperparameters, model, started_at, finished_at, id } = training;
  const facts: [string, string | number | null][] = [
    ["Trigger word", trigger],
    ["Model", model],
    ["Recipe", recipe],
    ["Steps", hyperparameters.steps],
    ["Rank", hyperparameters.rank],
    ["Learning rate", hyperparameters.learning_rate],
    ["Started", started_at && moment(started_at)],
    ["Ended", finished_at && moment(finished_at)],
    ["Id", id],
  ];

  return (
    <Table layout="fixed" fz="sm" verticalSpacing={4} withRowBorders={false} aria-label="How it is trained">
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
