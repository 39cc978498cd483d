import { Group, Paper, SegmentedControl, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorAlert } from "@/components/error-alert";
import { Loading } from "@/components/loading";
import { api, unwrap } from "@/lib/api";

function usageQuery(days: number) {
  return queryOptions({
    queryKey: ["usage", days],
    queryFn: () => unwrap(api.GET("/v1/usage", { params: { query: { days, of: "user" } } })),
  });
}

export function Usage() {
  const [days, setDays] = useState("30");
  const { data, error } = useQuery(usageQuery(Number(days)));
  if (error) return <ErrorAlert title="The usage could not be read" error={error} />;
  if (!data) return <Loading what="the usage" />;

  const sum = (field: "images" | "requests" | "device_s") =>
    data.data.reduce((total, day) => total + day[field], 0);
  const tiles = [
    ["Images", sum("images").toLocaleString()],
    ["Requests", sum("requests").toLocaleString()],
    ["Device time", `${Math.round(sum("device_s")).toLocaleString()} s`],
  ];

  return (
    <Stack>
      <Group justify="space-between">
        <Title order={2} size="h4">
          Usage
        </Title>
        <SegmentedControl
          size="xs"
          aria-label="Days"
          data={[
            { value: "1", label: "Today" },
            { value: "7", label: "7 days" },
            { value: "30", label: "30 days" },
          ]}
          value={days}
          onChange={setDays}
        />
      </Group>
      <SimpleGrid cols={3}>
        {tiles.map(([name, value]) => (
          <Paper key={name} withBorder p="md">
            <Text size="xs" c="dimmed">
              {name}
            </Text>
            <Text fz={{ base: "h4", sm: "h2" }} fw={600} lh={1.2}>
              {value}
            </Text>
          </Paper>
        ))}
      </SimpleGrid>
      {data.data.length > 0 && (
        <Table aria-label="Usage by day">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Day (UTC)</Table.Th>
              <Table.Th>Model</Table.Th>
              <Table.Th ta="right">Images</Table.Th>
              <Table.Th ta="right">Device time</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.data.map(({ day, model, images, device_s }) => (
              <Table.Tr key={`${day} ${model}`}>
                <Table.Td style={{ whiteSpace: "nowrap" }}>{day}</Table.Td>
                <Table.Td>{model}</Table.Td>
                <Table.Td ta="right">{images}</Table.Td>
                <Table.Td ta="right">{device_s.toFixed(1)} s</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  );
}
