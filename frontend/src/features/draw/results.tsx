import { Center, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ErrorAlert } from "@/components/error-alert";
import { Loading } from "@/components/loading";
import { type Kind, recentQuery } from "@/lib/generations";
import { Result } from "./result";

type ResultsProps = { kind: Kind; onOpen: (generationId: string, index: number) => void };

/** The newest work of that kind, from the server: what is under way is followed, also after a reload. */
export function Results({ kind, onOpen }: ResultsProps) {
  const { data, error } = useQuery(recentQuery(kind));
  if (error) return <ErrorAlert title="Your images could not be listed" error={error} />;
  if (!data) return <Loading what="your images" />;
  if (data.data.length === 0) {
    return (
      <Center mih={{ base: 120, sm: 320 }}>
        <Text c="dimmed" ta="center">
          Your images appear here.
        </Text>
      </Center>
    );
  }
  return (
    <Stack gap="xl">
      {data.data.map((generation, place) => (
        <Result
          key={generation.id}
          generation={generation}
          isNewest={place === 0}
          onOpen={(index) => onOpen(generation.id, index)}
        />
      ))}
    </Stack>
  );
}
