import { Badge, Button, Group, Table, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { moment } from "@/lib/moments";
import { changeUser, createPasswordToken, type User, usersQuery } from "./users-query";

type UserRowProps = { user: User; onToken: (user: User, token: string) => void };

export function UserRow({ user, onToken }: UserRowProps) {
  const queryClient = useQueryClient();
  const isDisabled = user.disabled_at !== null;
  const change = useMutation({
    mutationFn: () => changeUser(user.id, { is_disabled: !isDisabled }),
    onSuccess: () => queryClient.invalidateQueries(usersQuery),
  });
  const newToken = useMutation({
    mutationFn: () => createPasswordToken(user.id),
    onSuccess: ({ password_token }) => onToken(user, password_token),
  });
  const error = change.error ?? newToken.error;

  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" fw={500}>
          {user.name}
        </Text>
        <Text size="xs" c="dimmed">
          {user.email}
        </Text>
      </Table.Td>
      <Table.Td>
        <Group gap={4}>
          {user.role}
          {isDisabled && (
            <Badge color="gray" variant="outline">
              Disabled
            </Badge>
          )}
        </Group>
      </Table.Td>
      <Table.Td>{moment(user.created_at)}</Table.Td>
      <Table.Td>
        <Group gap={4} justify="end" wrap="nowrap">
          <Button
            size="compact-sm"
            variant="subtle"
            aria-label={`Password link for ${user.name}`}
            loading={newToken.isPending}
            onClick={() => newToken.mutate()}
          >
            Password link
          </Button>
          <Button
            size="compact-sm"
            variant="subtle"
            color={isDisabled ? "green" : "red"}
            aria-label={`${isDisabled ? "Enable" : "Disable"} ${user.name}`}
            loading={change.isPending}
            onClick={() => change.mutate()}
          >
            {isDisabled ? "Enable" : "Disable"}
          </Button>
        </Group>
        {error && (
          <Text size="xs" c="var(--mantine-color-error)" ta="right">
            {error.message}
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
