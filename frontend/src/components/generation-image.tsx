import { Center, Skeleton, Text } from "@mantine/core";
import { aspectRatio, useImageUrl } from "@/lib/images";

type GenerationImageProps = {
  generationId: string;
  index: number;
  size: string;
  alt: string;
  isThumbnail?: boolean;
};

/** As wide as its place, at its own proportions from the start. */
export function GenerationImage({ generationId, index, size, alt, isThumbnail }: GenerationImageProps) {
  const { url, error } = useImageUrl(generationId, index, isThumbnail);
  const style = { display: "block", width: "100%", aspectRatio: aspectRatio(size) };
  if (error) {
    return (
      <Center style={style} p="xs">
        <Text size="xs" c="dimmed" ta="center">
          {error.message}
        </Text>
      </Center>
    );
  }
  if (!url) return <Skeleton radius={0} h="auto" style={style} />;
  return <img src={url} alt={alt} style={style} />;
}
