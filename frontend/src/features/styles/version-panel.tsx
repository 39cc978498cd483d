import { Drawer, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ErrorAlert } from "@/components/error-alert";
import { type Fact, FactTable } from "@/components/fact-table";
import { Loading } from "@/components/loading";
import { moment } from "@/lib/moments";
import { CanaryForm } from "./canary-form";
import { StatusBadge } from "./status-badge";
import { VersionGates } from "./version-gates";
import { VersionMetrics } from "./version-metrics";
import { VersionSamples } from "./version-samples";
import { liveOf, type Version, versionsQuery } from "./versions";

type VersionPanelProps = { id: string | undefined; onClose: () => void };

/** One version from near: its share as a canary, what it draws, what was measured of it. */
export function VersionPanel({ id, onClose }: VersionPanelProps) {
  return (
    <Drawer
      opened={id !== undefined}
      onClose={onClose}
      position="right"
      size="lg"
      title="Version"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {id && <Content id={id} />}
    </Drawer>
  );
}

function Content({ id }: { id: string }) {
  const { data, error } = useQuery(versionsQuery);
  if (error) return <ErrorAlert title="The version could not be read" error={error} />;
  if (!data) return <Loading what="the version" />;
  const version = data.data.find((one) => one.id === id);
  if (!version) return <Text c="dimmed">There is no version {id}.</Text>;

  const { model, status, share, has_samples, metrics, gates } = version;
  const live = liveOf(model, data.data);
  const canShare = live !== undefined && live.id !== id && status !== "retired";
  return (
    <Stack>
      <Group justify="space-between">
        <Text fw={600}>{id}</Text>
        <StatusBadge status={status} share={share} />
      </Group>
      {canShare && <CanaryForm key={share} version={version} live={live.id} />}
      {has_samples && (
        <section>
          <Title order={3} size="h6" mb="xs">
            Drawn with it and without it
          </Title>
          <VersionSamples id={id} />
        </section>
      )}
      <section>
        <Title order={3} size="h6" mb="xs">
          Measured
        </Title>
        <VersionMetrics metrics={metrics} />
        <VersionGates gates={gates} />
      </section>
      <FactTable label="What it is" facts={factsOf(version)} />
    </Stack>
  );
}

function factsOf({ title, trigger, base, rank, bytes, license, created_at }: Version): Fact[] {
  return [
    ["Title", title || null],
    ["Trigger word", trigger || null],
    ["Made for", base],
    ["Rank", rank],
    ["Size", `${(bytes / 1e6).toFixed(1)} MB`],
    ["Licence", license || null],
    ["Published", moment(created_at)],
  ];
}
