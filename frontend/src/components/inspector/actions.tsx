import { Button, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { LinkButton } from "@/components/link-button";
import type { Generation } from "@/lib/generations";
import { useImageUrl } from "@/lib/images";
import { ExportDialog } from "./export-dialog";
import { PinDialog } from "./pin-dialog";

type ActionsProps = { generation: Generation; index: number };

export function Actions({ generation, index }: ActionsProps) {
  const [isExporting, exporting] = useDisclosure(false);
  const [isPinning, pinning] = useDisclosure(false);
  const { url } = useImageUrl(generation.id, index);
  const { id, model, output_format } = generation;
  const seed = generation.images.find((image) => image.index === index)?.seed;
  const page = model === "icon" ? "/icons" : "/splash";

  return (
    <Group gap="xs">
      <Button component="a" href={url} download={`emblem-${model}-${seed}-${index}.${output_format}`}>
        Download
      </Button>
      <Button variant="light" onClick={exporting.open}>
        Export…
      </Button>
      <Button variant="default" onClick={pinning.open}>
        Pin as style…
      </Button>
      <LinkButton variant="default" link={{ to: page, search: { like: id, start: id, startImage: index } }}>
        Use as starting image
      </LinkButton>
      <LinkButton variant="default" link={{ to: page, search: { style: id, styleImage: index } }}>
        Use as style reference
      </LinkButton>
      <LinkButton variant="default" link={{ to: page, search: { like: id, seed: generation.seeds[0] } }}>
        Reproduce
      </LinkButton>
      {isPinning && <PinDialog generation={generation} index={index} onClose={pinning.close} />}
      {isExporting && (
        <ExportDialog generation={generation} index={index} isOpen={isExporting} onClose={exporting.close} />
      )}
    </Group>
  );
}
