import { Button, Center, Group, NativeSelect, SimpleGrid, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ErrorAlert } from "@/components/error-alert";
import { Inspector } from "@/components/inspector/inspector";
import { Loading } from "@/components/loading";
import { PageTitle } from "@/components/page-title";
import { type GalleryFilters, galleryQuery, type Kind, type Status } from "@/lib/generations";
import { Tile } from "./tile";
import { useSeen } from "./use-seen";

const kinds = [
  { value: "", label: "Icons and splash screens" },
  { value: "icon", label: "Icons" },
  { value: "splash", label: "Splash screens" },
];
const statuses = [
  { value: "", label: "Any state" },
  { value: "completed", label: "Finished" },
  { value: "in_progress", label: "Being drawn" },
  { value: "queued", label: "Waiting" },
  { value: "failed", label: "Failed" },
  { value: "cancelled", label: "Cancelled" },
  { value: "expired", label: "Expired" },
];

export function GalleryPage() {
  const search = useSearch({ from: "/gallery" });
  const navigate = useNavigate({ from: "/gallery" });
  const { model, status, open, image } = search;

  return (
    <Stack gap="lg">
      <PageTitle title="Gallery" description="All that you have made, the newest first.">
        <Group gap="xs">
          <NativeSelect
            aria-label="Kind"
            data={kinds}
            value={model ?? ""}
            onChange={(event) =>
              navigate({
                search: { ...search, model: (event.currentTarget.value || undefined) as Kind | undefined },
              })
            }
          />
          <NativeSelect
            aria-label="State"
            data={statuses}
            value={status ?? ""}
            onChange={(event) =>
              navigate({
                search: { ...search, status: (event.currentTarget.value || undefined) as Status | undefined },
              })
            }
          />
        </Group>
      </PageTitle>
      <Pictures filters={{ model, status }} onOpen={(id) => navigate({ search: { ...search, open: id } })} />
      <Inspector
        generationId={open}
        index={image ?? 0}
        onPick={(picked) => navigate({ search: { ...search, image: picked } })}
        onClose={() => navigate({ search: { ...search, open: undefined, image: undefined } })}
      />
    </Stack>
  );
}

type PicturesProps = { filters: GalleryFilters; onOpen: (generationId: string) => void };

function Pictures({ filters, onOpen }: PicturesProps) {
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    galleryQuery(filters),
  );
  const end = useSeen(() => void fetchNextPage(), hasNextPage && !isFetchingNextPage);
  if (error) return <ErrorAlert title="The gallery could not be read" error={error} />;
  if (!data) return <Loading what="the gallery" />;

  const generations = data.pages.flatMap((page) => page.data);
  if (generations.length === 0) {
    return (
      <Center mih={240}>
        <Text c="dimmed">Nothing here yet.</Text>
      </Center>
    );
  }
  return (
    <>
      <SimpleGrid cols={{ base: 2, xs: 3, md: 4, lg: 6 }} spacing="md">
        {generations.map((generation) => (
          <Tile key={generation.id} generation={generation} onOpen={() => onOpen(generation.id)} />
        ))}
      </SimpleGrid>
      {hasNextPage && (
        <Center ref={end}>
          <Button variant="default" loading={isFetchingNextPage} onClick={() => fetchNextPage()}>
            Show more
          </Button>
        </Center>
      )}
    </>
  );
}
