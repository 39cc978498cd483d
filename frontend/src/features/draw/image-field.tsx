import { Button, Group, Input, Paper, Slider, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

type ImageFieldProps = {
  title: string;
  picture: ReactNode;
  /** What the slider says. */
  share: string;
  min: number;
  slider: { value?: number; onChange?: (share: number) => void };
  error?: ReactNode;
  onRemove: () => void;
};

/** An image that goes into the drawing, and how much of it. */
export function ImageField({ title, picture, share, min, slider, error, onRemove }: ImageFieldProps) {
  return (
    <Paper withBorder p="sm">
      <Group wrap="nowrap" align="start">
        <div style={{ width: 72, flexShrink: 0, borderRadius: 8, overflow: "hidden" }}>{picture}</div>
        <Stack gap={4} flex={1}>
          <Group justify="space-between">
            <Text size="sm" fw={500}>
              {title}
            </Text>
            <Button size="compact-xs" variant="subtle" aria-label={`Remove: ${title}`} onClick={onRemove}>
              Remove
            </Button>
          </Group>
          <Input.Wrapper label={share} labelElement="div" size="xs" error={error}>
            <Slider
              thumbLabel={share}
              min={min}
              max={1}
              step={0.05}
              label={(part) => `${Math.round(part * 100)} %`}
              {...slider}
            />
          </Input.Wrapper>
        </Stack>
      </Group>
    </Paper>
  );
}
