import { Button, Center, Code, Table } from "@mantine/core";
import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { ErrorAlert } from "@/components/error-alert";
import { Loading } from "@/components/loading";
import { api, unwrap } from "@/lib/api";
import { moment } from "@/lib/moments";

const pageSize = 50;

const auditQuery = infiniteQueryOptions({
  queryKey: ["audit"],
  queryFn: ({ pageParam }) =>
    unwrap(api.GET("/v1/admin/audit", { params: { query: { limit: pageSize, after: pageParam } } })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
});

export function AuditLog() {
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(auditQuery);
  if (error) return <ErrorAlert title="The audit log could not be read" error={error} />;
  if (!data) return <Loading what="the audit log" />;

  return (
    <>
      <Table.ScrollContainer minWidth={840} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table fz="sm" aria-label="Audit log">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>When</Table.Th>
              <Table.Th>What</Table.Th>
              <Table.Th>Upon</Table.Th>
              <Table.Th>Key</Table.Th>
              <Table.Th>Outcome</Table.Th>
              <Table.Th>Request id</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.pages
              .flatMap((page) => page.data)
              .map((entry) => (
                <Table.Tr key={entry.id}>
                  <Table.Td style={{ whiteSpace: "nowrap" }}>{moment(entry.created_at)}</Table.Td>
                  <Table.Td>{entry.action}</Table.Td>
                  <Table.Td>{entry.object_id}</Table.Td>
                  <Table.Td>{entry.actor_id}</Table.Td>
                  <Table.Td>{entry.outcome}</Table.Td>
                  <Table.Td>
                    <Code>{entry.request_id}</Code>
                  </Table.Td>
                </Table.Tr>
              ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
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
