import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ErrorAlert } from "@/components/error-alert";
import { Inspector } from "@/components/inspector/inspector";
import { LinkButton } from "@/components/link-button";
import { Loading } from "@/components/loading";
import { PageTitle } from "@/components/page-title";
import type { Kind } from "@/lib/generations";
import { type ImageSet, setQuery, useRereadSets } from "@/lib/sets";
import { Items } from "./items";
import { SetActions } from "./set-actions";
import { SetState } from "./set-state";
import { SideBySide } from "./side-by-side";

const titles: Record<Kind, string> = { icon: "Icon set", splash: "Splash family" };

export function SetPage() {
  const { setId } = useParams({ from: "/sets/$setId" });
  const { kind = "icon" } = useSearch({ from: "/sets/$setId" });
  const { data: set, error } = useQuery(setQuery({ kind, id: setId }));
  if (!set && error) {
    return (
      <Stack align="start">
        <PageTitle title={titles[kind]} />
        <ErrorAlert title="The set could not be read" error={error} />
        <LinkButton link={{ to: "/sets" }}>To your sets</LinkButton>
      </Stack>
    );
  }
  if (!set) return <Loading what="the set" />;
  return <Content set={set} />;
}

function Content({ set }: { set: ImageSet }) {
  const { open } = useSearch({ from: "/sets/$setId" });
  const navigate = useNavigate({ from: "/sets/$setId" });
  const reread = useRereadSets();

  function look(generationId: string | undefined) {
    navigate({ search: { kind: set.kind, open: generationId } });
  }

  return (
    <Stack gap="lg">
      <PageTitle title={set.name} description={set.template === set.name ? undefined : set.template}>
        <SetActions set={set} />
      </PageTitle>
      <SetState set={set} />
      <Items set={set} onOpen={look} />
      {set.kind === "icon" && <SideBySide items={set.items} />}
      <Inspector
        generationId={open}
        index={0}
        onPick={() => {}}
        onClose={() => {
          look(undefined);
          // The image may have been deleted there.
          void reread();
        }}
      />
    </Stack>
  );
}
