import { Button, Paper, Stack, Tabs } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { PageTitle } from "@/components/page-title";
import { AuditLog } from "./audit-log";
import { CreateUser } from "./create-user";
import { UserList } from "./user-list";

export function AdminPage() {
  const [isCreating, creating] = useDisclosure(false);

  return (
    <Stack gap="lg">
      <PageTitle title="Admin" description="Who may come in, and what was changed by whom.">
        <Button onClick={creating.open}>New user</Button>
      </PageTitle>
      <Tabs defaultValue="users" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="users">Users</Tabs.Tab>
          <Tabs.Tab value="audit">Audit log</Tabs.Tab>
        </Tabs.List>
        <Paper withBorder p={{ base: "sm", sm: "md" }}>
          <Tabs.Panel value="users">
            <UserList />
          </Tabs.Panel>
          <Tabs.Panel value="audit">
            <AuditLog />
          </Tabs.Panel>
        </Paper>
      </Tabs>
      {isCreating && <CreateUser isOpen={isCreating} onClose={creating.close} />}
    </Stack>
  );
}
