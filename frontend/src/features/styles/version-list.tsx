import { Code, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorAlert } from "@/components/error-alert";
import { Loading } from "@/components/loading";
import { moment } from "@/lib/moments";
import { ChangeDialog, type Proposal } from "./change-dialog";
import { NoStyles } from "./no-styles";
import { StatusBadge } from "./status-badge";
import { VersionActions } from "./version-actions";
import { versionsQuery } from "./versions";

export function VersionList() {
  const [proposal, setProposal] = useState<Proposal | null>(null);
  const { data, error } = useQuery(versionsQuery);
  if (error) return <ErrorAlert title="The styles could not be listed" error={error} />;
  if (!data) return <Loading what="the styles" />;
  if (data.data.length === 0) return <NoStyles />;

  return (
    <>
      <Table.ScrollContainer minWidth={720} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table verticalSpacing="xs" aria-label="Trained styles">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Style</Table.Th>
              <Table.Th>Status</Table.Th>
              <Table.Th>Trigger word</Table.Th>
              <Table.Th ta="right">Rank</Table.Th>
              <Table.Th>Published</Table.Th>
              <Table.Th ta="right">Actions</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.data.map((version) => (
              <Table.Tr key={version.id}>
                <Table.Td>
                  <Text size="sm" fw={500}>
                    {version.model}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {version.id}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <StatusBadge status={version.status} />
                </Table.Td>
                <Table.Td>{version.trigger && <Code>{version.trigger}</Code>}</Table.Td>
                <Table.Td ta="right">{version.rank}</Table.Td>
                <Table.Td style={{ whiteSpace: "nowrap" }}>{moment(version.created_at)}</Table.Td>
                <Table.Td ta="right">
                  <VersionActions version={version} all={data.data} onPropose={setProposal} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {proposal && <ChangeDialog proposal={proposal} onClose={() => setProposal(null)} />}
    </>
  );
}
