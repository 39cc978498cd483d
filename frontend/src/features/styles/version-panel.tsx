import { Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ErrorAlert } from "@/components/error-alert";
import { type Fact, FactTable } from "@/components/fact-table";
import { Loading } from "@/components/loading";
import { SidePanel } from "@/components/side-panel";
import { moment } from "@/lib/moments";
import { CanaryForm } from "./canary-form";
import { PanelHead } from "./panel-head";
import { StatusBadge } from "./status-badge";
import { VersionActions } from "./version-actions";
import { VersionGates } from "./version-gates";
import { VersionMetrics } from "./version-metrics";
import { VersionSamples } from "./version-samples";
import { liveOf, type Version, versionsQuery } from "./versions";

type VersionPanelProps = { id: string | undefined; onClose: () => void };

/** One version from near: its share as a canary, what it draws, what was measured of it. */
export function VersionPanel({ id, onClose }: VersionPanelProps) {
  return (
    <SidePanel title="Version" id={id} onClose={onClose}>
      {(shown) => <Content key={shown} id={shown} />}
    </SidePanel>
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
      <PanelHead name={id}>
        <StatusBadge status={status} share={share} />
      </PanelHead>
      <Group>
        <VersionActions version={version} all={data.data} variant="default" />
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
        {/* The others are told where it could share. */}
        <VersionGates gates={canShare ? gates.filter(({ holds }) => holds) : gates} />
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
