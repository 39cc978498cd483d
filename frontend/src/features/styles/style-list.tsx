import { Code, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ErrorAlert } from "@/components/error-alert";
import { Loading } from "@/components/loading";
import { modelsQuery, stylesOf } from "@/lib/models";
import { NoStyles } from "./no-styles";
import { StatusBadge } from "./status-badge";

/** What can be drawn with, for those who change none of it. */
export function StyleList() {
  const { data, error } = useQuery(modelsQuery);
  if (error) return <ErrorAlert title="The styles could not be listed" error={error} />;
  if (!data) return <Loading what="the styles" />;

  const styles = stylesOf(data);
  if (styles.length === 0) return <NoStyles />;
  return (
    <Table verticalSpacing="xs" aria-label="Trained styles">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Style</Table.Th>
          <Table.Th>Status</Table.Th>
          <Table.Th>Trigger word</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {styles.map(({ id, status, trigger, model_version }) => (
          <Table.Tr key={id}>
            <Table.Td>
              <Text size="sm" fw={500}>
                {id}
              </Text>
              <Text size="xs" c="dimmed">
                {model_version}
              </Text>
            </Table.Td>
            <Table.Td>
              <StatusBadge status={status} />
            </Table.Td>
            <Table.Td>{trigger && <Code>{trigger}</Code>}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
