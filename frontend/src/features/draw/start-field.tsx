import { Button, Group, Input, Paper, Slider, Stack, Text } from "@mantine/core";
import { GenerationImage } from "@/components/generation-image";
import type { DrawForm } from "./use-draw-form";

export type StartImage = { generationId: string; index: number };

type StartFieldProps = { start: StartImage; form: DrawForm; onRemove: () => void };

export function StartField({ start, form, onRemove }: StartFieldProps) {
  return (
    <Paper withBorder p="sm">
      <Group wrap="nowrap" align="start">
        <div style={{ width: 72, flexShrink: 0, borderRadius: 8, overflow: "hidden" }}>
          <GenerationImage
            generationId={start.generationId}
            index={start.index}
            size="1x1"
            alt="The starting image"
          />
        </div>
        <Stack gap={4} flex={1}>
          <Group justify="space-between">
            <Text size="sm" fw={500}>
              Starts from this image
            </Text>
            <Button size="compact-xs" variant="subtle" onClick={onRemove}>
              Remove
            </Button>
          </Group>
          <Input.Wrapper label="How much changes" labelElement="div" size="xs">
            <Slider
              thumbLabel="How much changes"
              min={0.1}
              max={1}
              step={0.05}
              label={(share) => `${Math.round(share * 100)} %`}
              {...form.getInputProps("strength")}
            />
          </Input.Wrapper>
        </Stack>
      </Group>
    </Paper>
  );
}
