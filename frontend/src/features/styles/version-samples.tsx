import { Anchor, Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ErrorAlert } from "@/components/error-alert";
import { useObjectUrl } from "@/lib/use-object-url";
import { samplesQuery } from "./versions";

/** Prompts that its pictures do not show, drawn with it and without it. */
export function VersionSamples({ id }: { id: string }) {
  const { data, error } = useQuery(samplesQuery(id));
  const url = useObjectUrl(data);
  if (error) return <ErrorAlert title="What was drawn with it could not be read" error={error} />;
  if (!url) return <Skeleton h={240} />;
  return (
    <Stack gap="xs" align="start">
      <img
        src={url}
        alt={`Drawn with ${id}, and without it`}
        style={{ display: "block", maxWidth: "100%", borderRadius: "var(--mantine-radius-md)" }}
      />
      <Anchor href={url} download={`${id}-samples.png`} size="sm">
        Download
      </Anchor>
    </Stack>
  );
}
