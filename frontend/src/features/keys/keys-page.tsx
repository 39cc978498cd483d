import { Button, Paper, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { PageTitle } from "@/components/page-title";
import { CreateKey } from "./create-key";
import { KeyList } from "./key-list";
import { Usage } from "./usage";

export function KeysPage() {
  const [isCreating, creating] = useDisclosure(false);

  return (
    <Stack gap="lg">
      <PageTitle title="Keys and usage" description="For the command line, scripts and OpenAI's clients.">
        <Button onClick={creating.open}>New key</Button>
      </PageTitle>
      <Paper withBorder p={{ base: "sm", sm: "md" }}>
        <KeyList />
      </Paper>
      <Usage />
      {isCreating && <CreateKey isOpen={isCreating} onClose={creating.close} />}
    </Stack>
  );
}
