import { Divider, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { DeleteButton } from "@/components/delete-button";
import { ErrorAlert } from "@/components/error-alert";
import { Loading } from "@/components/loading";
import { SidePanel } from "@/components/side-panel";
import { deleteGeneration, generationQuery, generationsKey, isUnderWay } from "@/lib/generations";
import { Actions } from "./actions";
import { Facts } from "./facts";
import { IconView } from "./icon-view";
import { SplashView } from "./splash-view";
import { Strip } from "./strip";

type InspectorProps = {
  generationId: string | undefined;
  index: number;
  onPick: (index: number) => void;
  onClose: () => void;
};

/** One image from near: how it looks where it will be used, its scores, how it was made, what can be done with it. */
export function Inspector({ generationId, ...content }: InspectorProps) {
  return (
    <SidePanel title="Image" id={generationId} onClose={content.onClose}>
      {(shown) => <Content generationId={shown} {...content} />}
    </SidePanel>
  );
}

function Content({ generationId, index, onPick, onClose }: InspectorProps & { generationId: string }) {
  const queryClient = useQueryClient();
  const { data: generation, error } = useQuery(generationQuery(generationId));
  if (error) return <ErrorAlert title="The image could not be read" error={error} />;
  if (!generation) return <Loading what="the image" />;

  const count = generation.images.length;
  const hasImage = generation.images.some((image) => image.index === index);
  const View = generation.model === "icon" ? IconView : SplashView;

  function forget() {
    onClose();
    queryClient.removeQueries({ queryKey: generationQuery(generationId).queryKey });
    queryClient.invalidateQueries({ queryKey: generationsKey });
  }

  return (
    <Stack>
      <Text fw={600} style={{ overflowWrap: "anywhere" }}>
        {generation.prompt}
      </Text>
      {generation.error && <Text c="var(--mantine-color-error)">{generation.error.message}</Text>}
      {count > 1 && <Strip generation={generation} index={index} onPick={onPick} />}
      {hasImage && <Actions generation={generation} index={index} />}
      {hasImage && <View generation={generation} index={index} />}
      <Divider />
      <Facts generation={generation} index={index} />
      {!isUnderWay(generation) && (
        <DeleteButton
          question={count > 1 ? `Delete all ${count} images for good?` : "Delete it for good?"}
          remove={() => deleteGeneration(generationId)}
          onDeleted={forget}
        />
      )}
    </Stack>
  );
}
