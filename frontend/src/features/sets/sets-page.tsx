import { Button, Center, SimpleGrid, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ErrorAlert } from "@/components/error-alert";
import { Loading } from "@/components/loading";
import { PageTitle } from "@/components/page-title";
import { iconSetsQuery } from "@/lib/icon-sets";
import { NewSet } from "./new-set";
import { SetCard } from "./set-card";

export function SetsPage() {
  const [isMaking, making] = useDisclosure(false);
  const navigate = useNavigate();

  return (
    <Stack gap="lg">
      <PageTitle title="Icon sets" description="Many subjects in one style, measured by how alike they look.">
        <Button onClick={making.open}>New set</Button>
      </PageTitle>
      <Sets />
      {isMaking && (
        <NewSet
          onMade={(set) => navigate({ to: "/sets/$setId", params: { setId: set.id } })}
          onClose={making.close}
        />
      )}
    </Stack>
  );
}

function Sets() {
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(iconSetsQuery);
  if (error) return <ErrorAlert title="Your sets could not be listed" error={error} />;
  if (!data) return <Loading what="your sets" />;

  const sets = data.pages.flatMap((page) => page.data);
  if (sets.length === 0) {
    return (
      <Center mih={240}>
        <Text c="dimmed">No sets yet.</Text>
      </Center>
    );
  }
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3, xl: 4 }} spacing="md">
        {sets.map((set) => (
          <SetCard key={set.id} set={set} />
        ))}
      </SimpleGrid>
      {hasNextPage && (
        <Center>
          <Button variant="default" loading={isFetchingNextPage} onClick={() => fetchNextPage()}>
            Show more
          </Button>
        </Center>
      )}
    </>
  );
}
