import { Button, Center, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { type ReactNode, useId } from "react";
import { ErrorAlert } from "@/components/error-alert";
import { Loading } from "@/components/loading";
import type { Kind } from "@/lib/generations";
import { setsQuery } from "@/lib/sets";
import { SetCard } from "./set-card";

type SetListProps = {
  kind: Kind;
  title: string;
  /** What is said where there are none. */
  children: ReactNode;
};

/** All sets of a kind, the newest first. */
export function SetList({ kind, title, children }: SetListProps) {
  const titleId = useId();
  return (
    <Stack component="section" gap="sm" aria-labelledby={titleId}>
      <Title order={2} size="h4" id={titleId}>
        {title}
      </Title>
      <Cards kind={kind}>{children}</Cards>
    </Stack>
  );
}

function Cards({ kind, children }: Omit<SetListProps, "title">) {
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(setsQuery(kind));
  if (error) return <ErrorAlert title="Your sets could not be listed" error={error} />;
  if (!data) return <Loading what="your sets" />;

  const sets = data.pages.flatMap((page) => page.data);
  if (sets.length === 0) return <Text c="dimmed">{children}</Text>;
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
