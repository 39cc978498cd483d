import { Center, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { fileImageQuery } from "@/lib/files";
import { useObjectUrl } from "@/lib/use-object-url";

/** An image that is a file of one's own, filling its place. */
export function FileImage({ fileId, alt }: { fileId: string; alt: string }) {
  const { data, error } = useQuery(fileImageQuery(fileId));
  const url = useObjectUrl(data);
  if (error) {
    return (
      <Center h="100%" p="xs">
        <Text size="xs" c="dimmed" ta="center">
          {error.message}
        </Text>
      </Center>
    );
  }
  if (!url) return <Skeleton radius={0} h="100%" />;
  return (
    <img
      src={url}
      alt={alt}
      style={{ display: "block", width: "100%", height: "100%", objectFit: "cover" }}
    />
  );
}
