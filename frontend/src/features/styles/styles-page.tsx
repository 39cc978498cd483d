import { Button, Paper, Stack, Tabs } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { PageTitle } from "@/components/page-title";
import { useMay } from "@/lib/me";
import { readStylesSearch } from "@/lib/search";
import { CreateTraining } from "./create-training";
import { PinnedStyles } from "./pinned-styles";
import { StyleList } from "./style-list";
import { TrainingList } from "./training-list";
import { TrainingPanel } from "./training-panel";
import { VersionList } from "./version-list";
import { VersionPanel } from "./version-panel";

export function StylesPage() {
  const [isCreating, creating] = useDisclosure(false);
  const { tab, job, version } = useSearch({ from: "/styles" });
  const navigate = useNavigate({ from: "/styles" });
  const mayTrain = useMay("train");
  const isAdmin = useMay("admin");
  const showJob = (id?: string) => navigate({ search: { tab: "training", job: id } });

  const showVersion = (id?: string) => navigate({ search: { tab: "trained", version: id } });

  return (
    <Stack gap="lg">
      <PageTitle
        title="Styles"
        description="Looks that a drawing can take on: pinned from a picture, or learnt from many of your own."
      >
        {mayTrain && <Button onClick={creating.open}>Train a style</Button>}
      </PageTitle>
      <Tabs
        value={(mayTrain || tab !== "training" ? tab : undefined) ?? "styles"}
        onChange={(chosen) => navigate({ search: readStylesSearch({ tab: chosen }) })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="styles">Styles</Tabs.Tab>
          <Tabs.Tab value="trained">Trained styles</Tabs.Tab>
          {mayTrain && <Tabs.Tab value="training">Training</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="styles">
          <PinnedStyles />
        </Tabs.Panel>
        <Tabs.Panel value="trained">
          <Paper withBorder p={{ base: "sm", sm: "md" }}>
            {isAdmin ? <VersionList onOpen={showVersion} /> : <StyleList />}
          </Paper>
        </Tabs.Panel>
        <Tabs.Panel value="training">
          <Paper withBorder p={{ base: "sm", sm: "md" }}>
            <TrainingList onOpen={showJob} />
          </Paper>
        </Tabs.Panel>
      </Tabs>
      {isCreating && <CreateTraining onClose={creating.close} onCreated={({ id }) => showJob(id)} />}
      {mayTrain && <TrainingPanel id={job} onClose={() => showJob()} />}
      {isAdmin && <VersionPanel id={version} onClose={() => showVersion()} />}
    </Stack>
  );
}
