import { Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ErrorAlert } from "@/components/error-alert";
import { Loading } from "@/components/loading";
import { moment } from "@/lib/moments";
import { LookButton } from "./look-button";
import { StatusBadge } from "./status-badge";
import { trainingsQuery } from "./trainings";
import { NameCell, WideTable } from "./wide-table";

const columns = [
  { title: "Name" },
  { title: "Status" },
  { title: "Done", isRight: true },
  { title: "Begun" },
  { title: "Actions", isRight: true },
];

export function TrainingList({ onOpen }: { onOpen: (id: string) => void }) {
  const { data, error } = useQuery(trainingsQuery);
  if (error) return <ErrorAlert title="The trainings could not be listed" error={error} />;
  if (!data) return <Loading what="the trainings" />;
  if (data.data.length === 0)
    return <Text c="dimmed">No trainings yet. “Train a style” begins one from an archive of pictures.</Text>;

  return (
    <WideTable label="Trainings" minWidth={600} columns={columns}>
      {data.data.map(({ id, suffix, status, progress, created_at, fine_tuned_model }) => (
        <Table.Tr key={id}>
          <NameCell name={suffix} id={fine_tuned_model ?? id} />
          <Table.Td>
            <StatusBadge status={status} />
          </Table.Td>
          <Table.Td ta="right">{Math.round(100 * progress)} %</Table.Td>
          <Table.Td style={{ whiteSpace: "nowrap" }}>{moment(created_at)}</Table.Td>
          <Table.Td ta="right">
            <LookButton what={`the training of ${suffix}`} onOpen={() => onOpen(id)} />
          </Table.Td>
        </Table.Tr>
      ))}
    </WideTable>
  );
}
