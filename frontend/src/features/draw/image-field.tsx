import { Button, Group, Input, Paper, Slider, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

type ImageFieldProps = {
  title: string;
  picture: ReactNode;
  /** What the slider says. */
  share: string;
  min: number;
  max?: number;
  slider: { value?: number; onChange?: (share: number) => void };
  error?: ReactNode;
  onRemove: () => void;
  /** What else is said of it. */
  children?: ReactNode;
};

/** An image that goes into the drawing, and how much of it. */
export function ImageField(props: ImageFieldProps) {
  const { title, picture, share, min, max = 1, slider, error, onRemove, children } = props;
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
          {children}
          <Input.Wrapper label={share} labelElement="div" size="xs" error={error}>
            <Slider
              thumbLabel={share}
              min={min}
              max={max}
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
