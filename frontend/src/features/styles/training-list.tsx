import { Button, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ErrorAlert } from "@/components/error-alert";
import { Loading } from "@/components/loading";
import { moment } from "@/lib/moments";
import { StatusBadge } from "./status-badge";
import { trainingsQuery } from "./trainings";

export function TrainingList({ onOpen }: { onOpen: (id: string) => void }) {
  const { data, error } = useQuery(trainingsQuery);
  if (error) return <ErrorAlert title="The trainings could not be listed" error={error} />;
  if (!data) return <Loading what="the trainings" />;
  if (data.data.length === 0)
    return <Text c="dimmed">No trainings yet. “Train a style” begins one from an archive of pictures.</Text>;

  return (
    <Table.ScrollContainer minWidth={600} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table verticalSpacing="xs" aria-label="Trainings">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>Status</Table.Th>
            <Table.Th ta="right">Done</Table.Th>
            <Table.Th>Begun</Table.Th>
            <Table.Th ta="right">Actions</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {data.data.map(({ id, suffix, status, progress, created_at, fine_tuned_model }) => (
            <Table.Tr key={id}>
              <Table.Td>
                <Text size="sm" fw={500}>
                  {suffix}
                </Text>
                <Text size="xs" c="dimmed">
                  {fine_tuned_model ?? id}
                </Text>
              </Table.Td>
              <Table.Td>
                <StatusBadge status={status} />
              </Table.Td>
              <Table.Td ta="right">{Math.round(100 * progress)} %</Table.Td>
              <Table.Td style={{ whiteSpace: "nowrap" }}>{moment(created_at)}</Table.Td>
              <Table.Td ta="right">
                <Button
                  size="compact-sm"
                  variant="subtle"
                  aria-label={`Look at the training of ${suffix}`}
                  onClick={() => onOpen(id)}
                >
                  Look
                </Button>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
