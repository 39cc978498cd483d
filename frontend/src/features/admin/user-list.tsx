import { Stack, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorAlert } from "@/components/error-alert";
import { Loading } from "@/components/loading";
import { Secret } from "@/components/secret";
import { UserRow } from "./user-row";
import { passwordLink, type User, usersQuery } from "./users-query";

type Told = { user: User; token: string };

export function UserList() {
  const [told, setTold] = useState<Told | null>(null);
  const { data, error } = useQuery(usersQuery);
  if (error) return <ErrorAlert title="The users could not be listed" error={error} />;
  if (!data) return <Loading what="the users" />;

  return (
    <Stack>
      {told && (
        <Secret
          title={`A link for ${told.user.name}`}
          value={passwordLink(told.token)}
          hint="With it they set their password. It works once, for a week, and is not shown again."
        />
      )}
      <Table.ScrollContainer minWidth={640} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table verticalSpacing="xs" aria-label="Users">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Name</Table.Th>
              <Table.Th>Role</Table.Th>
              <Table.Th>Created</Table.Th>
              <Table.Th ta="right">Actions</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.data.map((user) => (
              <UserRow key={user.id} user={user} onToken={(of, token) => setTold({ user: of, token })} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}
