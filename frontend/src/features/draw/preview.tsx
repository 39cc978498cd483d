import { Card, Skeleton } from "@mantine/core";
import { aspectRatio } from "@/lib/images";

type PreviewProps = { url: string | undefined; size: string; number: number };

/** An image that is not finished, as it looks so far. */
export function Preview({ url, size, number }: PreviewProps) {
  const style = { display: "block", width: "100%", aspectRatio: aspectRatio(size) };

  return (
    <Card withBorder padding={0}>
      {url ? (
        <img src={url} alt={`Preview ${number}`} style={style} />
      ) : (
        <Skeleton radius={0} h="auto" style={style} />
      )}
    </Card>
  );
}
