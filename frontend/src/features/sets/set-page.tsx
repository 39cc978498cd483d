import { SimpleGrid, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ErrorAlert } from "@/components/error-alert";
import { Inspector } from "@/components/inspector/inspector";
import { LinkButton } from "@/components/link-button";
import { Loading } from "@/components/loading";
import { PageTitle } from "@/components/page-title";
import { type IconSet, iconSetQuery, useRereadSets } from "@/lib/icon-sets";
import { SetActions } from "./set-actions";
import { SetItem } from "./set-item";
import { SetState } from "./set-state";
import { SideBySide } from "./side-by-side";

export function SetPage() {
  const { setId } = useParams({ from: "/sets/$setId" });
  const { data: set, error } = useQuery(iconSetQuery(setId));
  if (!set && error) {
    return (
      <Stack align="start">
        <PageTitle title="Icon set" />
        <ErrorAlert title="The set could not be read" error={error} />
        <LinkButton link={{ to: "/sets" }}>To your sets</LinkButton>
      </Stack>
    );
  }
  if (!set) return <Loading what="the set" />;
  return <Content set={set} />;
}

function Content({ set }: { set: IconSet }) {
  const { open } = useSearch({ from: "/sets/$setId" });
  const navigate = useNavigate({ from: "/sets/$setId" });
  const reread = useRereadSets();

  function look(generationId: string | undefined) {
    navigate({ search: { open: generationId } });
  }

  return (
    <Stack gap="lg">
      <PageTitle title={set.name} description={set.template}>
        <SetActions set={set} />
      </PageTitle>
      <SetState set={set} />
      <SimpleGrid cols={{ base: 2, xs: 3, md: 4, lg: 6 }} spacing="md">
        {set.items.map((item) => (
          <SetItem
            key={item.id}
            setId={set.id}
            item={item}
            isHero={item.id === set.hero}
            onOpen={() => look(item.generation_id)}
          />
        ))}
      </SimpleGrid>
      <SideBySide items={set.items} />
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
