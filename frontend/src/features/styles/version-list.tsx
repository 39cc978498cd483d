import { Code, Group, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ErrorAlert } from "@/components/error-alert";
import { Loading } from "@/components/loading";
import { moment } from "@/lib/moments";
import { LookButton } from "./look-button";
import { NoStyles } from "./no-styles";
import { StatusBadge } from "./status-badge";
import { VersionActions } from "./version-actions";
import { VersionGates } from "./version-gates";
import { versionsQuery } from "./versions";
import { NameCell, WideTable } from "./wide-table";

const columns = [
  { title: "Style" },
  { title: "Status" },
  { title: "Trigger word" },
  { title: "Rank", isRight: true },
  { title: "Published" },
  { title: "Actions", isRight: true },
];

export function VersionList({ onOpen }: { onOpen: (id: string) => void }) {
  const { data, error } = useQuery(versionsQuery);
  if (error) return <ErrorAlert title="The styles could not be listed" error={error} />;
  if (!data) return <Loading what="the styles" />;
  if (data.data.length === 0) return <NoStyles />;

  return (
    <WideTable label="Trained styles" minWidth={720} columns={columns}>
      {data.data.map((version) => (
        <Table.Tr key={version.id}>
          <NameCell name={version.model} id={version.id} />
          <Table.Td>
            <StatusBadge status={version.status} share={version.share} />
            <VersionGates gates={version.gates} />
          </Table.Td>
          <Table.Td>{version.trigger && <Code>{version.trigger}</Code>}</Table.Td>
          <Table.Td ta="right">{version.rank}</Table.Td>
          <Table.Td style={{ whiteSpace: "nowrap" }}>{moment(version.created_at)}</Table.Td>
          <Table.Td>
            <Group gap={4} justify="end" wrap="nowrap">
              <VersionActions version={version} all={data.data} variant="subtle" />
              <LookButton what={version.id} onOpen={() => onOpen(version.id)} />
            </Group>
          </Table.Td>
        </Table.Tr>
      ))}
    </WideTable>
  );
}
