import { Badge, Button, Group, Table, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { moment } from "@/lib/moments";
import { type Key, keysQuery, revokeKey } from "./keys-query";

export function KeyRow({ apiKey }: { apiKey: Key }) {
  const [isAsking, setIsAsking] = useState(false);
  const queryClient = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => revokeKey(apiKey.id),
    onSuccess: () => queryClient.invalidateQueries(keysQuery),
  });
  const { name, id, scopes, created_at, last_used_at, expires_at, revoked_at } = apiKey;

  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" fw={500}>
          {name}
        </Text>
        <Text size="xs" c="dimmed">
          {id}
        </Text>
      </Table.Td>
      <Table.Td>{scopes.join(", ")}</Table.Td>
      <Table.Td>{moment(created_at)}</Table.Td>
      <Table.Td>{last_used_at ? moment(last_used_at) : "never"}</Table.Td>
      <Table.Td>{expires_at ? moment(expires_at) : "never"}</Table.Td>
      <Table.Td ta="right">
        {revoked_at && (
          <Badge color="gray" variant="outline">
            Revoked
          </Badge>
        )}
        {!revoked_at && !isAsking && (
          <Button
            size="compact-sm"
            variant="subtle"
            color="red"
            aria-label={`Revoke ${name}`}
            onClick={() => setIsAsking(true)}
          >
            Revoke
          </Button>
        )}
        {!revoked_at && isAsking && (
          <Group gap={4} justify="end" wrap="nowrap">
            <Button size="compact-sm" color="red" loading={revoke.isPending} onClick={() => revoke.mutate()}>
              Revoke for good
            </Button>
            <Button size="compact-sm" variant="default" onClick={() => setIsAsking(false)}>
              Keep
            </Button>
          </Group>
        )}
        {revoke.error && (
          <Text size="xs" c="var(--mantine-color-error)">
            {revoke.error.message}
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
