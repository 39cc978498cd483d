import { Switch, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorAlert } from "@/components/error-alert";
import { Loading } from "@/components/loading";
import { KeyRow } from "./key-row";
import { keysQuery } from "./keys-query";

export function KeyList() {
  const [isWithRevoked, setIsWithRevoked] = useState(false);
  const { data, error } = useQuery(keysQuery);
  if (error) return <ErrorAlert title="The keys could not be listed" error={error} />;
  if (!data) return <Loading what="the keys" />;

  const keys = data.data.filter((key) => isWithRevoked || !key.revoked_at);
  return (
    <>
      <Table.ScrollContainer minWidth={720} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table verticalSpacing="xs" aria-label="API keys">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Name</Table.Th>
              <Table.Th>May</Table.Th>
              <Table.Th>Created</Table.Th>
              <Table.Th>Last used</Table.Th>
              <Table.Th>Expires</Table.Th>
              <Table.Th ta="right">Actions</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {keys.map((key) => (
              <KeyRow key={key.id} apiKey={key} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {keys.length === 0 && <Text c="dimmed">No keys.</Text>}
      <Switch
        label="Show revoked keys"
        checked={isWithRevoked}
        onChange={(event) => setIsWithRevoked(event.currentTarget.checked)}
      />
    </>
  );
}
