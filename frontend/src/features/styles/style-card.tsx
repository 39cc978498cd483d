import { Button, Card, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { DeleteButton } from "@/components/delete-button";
import { FileImage } from "@/components/file-image";
import { moment } from "@/lib/moments";
import { deleteStyle, type Style, saidBy, stylesQuery } from "@/lib/styles";
import { kindWords } from "./kind-words";
import { RenameDialog } from "./rename-dialog";

export function StyleCard({ style }: { style: Style }) {
  const queryClient = useQueryClient();
  const [isRenaming, renaming] = useDisclosure(false);
  const { id, name, kind, version, created_at } = style;
  const image = style.style_images?.[0];

  return (
    <Card withBorder padding="sm" component="section" aria-label={name}>
      <Group wrap="nowrap" align="start" mb="sm">
        {image && (
          <div style={{ width: 88, height: 88, flexShrink: 0, borderRadius: 8, overflow: "hidden" }}>
            <FileImage fileId={image.file_id} alt={`The picture of ${name}`} />
          </div>
        )}
        <Stack gap={2} miw={0}>
          <Text fw={600} lineClamp={2} style={{ overflowWrap: "anywhere" }}>
            {name}
          </Text>
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {saidBy(style)}
          </Text>
          <Text size="xs" c="dimmed">
            {kindWords[kind ?? "any"]} · version {version}
            {created_at && ` of ${moment(created_at)}`}
          </Text>
        </Stack>
      </Group>
      <Group gap="xs" mt="auto">
        <Button variant="default" aria-label={`Rename ${name}`} onClick={renaming.open}>
          Rename…
        </Button>
        <DeleteButton
          question="Delete it for good?"
          remove={() => deleteStyle(id)}
          onDeleted={() => queryClient.invalidateQueries(stylesQuery)}
        />
      </Group>
      {isRenaming && <RenameDialog style={style} onClose={renaming.close} />}
    </Card>
  );
}
