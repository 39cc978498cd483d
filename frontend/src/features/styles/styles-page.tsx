import { Button, Paper, Stack, Tabs } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { PageTitle } from "@/components/page-title";
import { useMay } from "@/lib/me";
import { CreateTraining } from "./create-training";
import { StyleList } from "./style-list";
import { TrainingList } from "./training-list";
import { TrainingPanel } from "./training-panel";
import { VersionList } from "./version-list";

export function StylesPage() {
  const [isCreating, creating] = useDisclosure(false);
  const { tab, job } = useSearch({ from: "/styles" });
  const navigate = useNavigate({ from: "/styles" });
  const mayTrain = useMay("train");
  const isAdmin = useMay("admin");
  const showJob = (id?: string) => navigate({ search: { tab: "training", job: id } });

  return (
    <Stack gap="lg">
      <PageTitle
        title="Styles"
        description="Looks that a drawing can take on, learnt from your own pictures."
      >
        {mayTrain && <Button onClick={creating.open}>Train a style</Button>}
      </PageTitle>
      <Tabs
        value={(mayTrain && tab) || "styles"}
        onChange={(chosen) => navigate({ search: chosen === "training" ? { tab: chosen } : {} })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="styles">Styles</Tabs.Tab>
          {mayTrain && <Tabs.Tab value="training">Training</Tabs.Tab>}
        </Tabs.List>
        <Paper withBorder p={{ base: "sm", sm: "md" }}>
          <Tabs.Panel value="styles">{isAdmin ? <VersionList /> : <StyleList />}</Tabs.Panel>
          <Tabs.Panel value="training">
            <TrainingList onOpen={showJob} />
          </Tabs.Panel>
        </Paper>
      </Tabs>
      {isCreating && <CreateTraining onClose={creating.close} onCreated={({ id }) => showJob(id)} />}
      {mayTrain && <TrainingPanel id={job} onClose={() => showJob()} />}
    </Stack>
  );
}
