import { Group, Text } from "@mantine/core";
import { type Loss, smoothed } from "./losses";

type LossChartProps = { losses: Loss[]; numSteps: number };

const width = 400;
const height = 120;

/** The loss of each step, faint, and its smoothed course, over all steps that are to be trained. */
export function LossChart({ losses, numSteps }: LossChartProps) {
  const highest = losses.reduce((most, { loss }) => Math.max(most, loss), Number.EPSILON);
  const course = smoothed(losses);
  const [first, last] = [course[0]?.loss ?? 0, course.at(-1)?.loss ?? 0];

  function path(line: Loss[]): string {
    const points = line.map(
      ({ step, loss }) =>
        `${((width * step) / numSteps).toFixed(1)} ${(height * (1 - loss / highest)).toFixed(1)}`,
    );
    return `M${points.join("L")}`;
  }

  return (
    <figure style={{ margin: 0 }}>
      <Group component="figcaption" justify="space-between" mb={4}>
        <Text size="sm" fw={500}>
          Loss
        </Text>
        <Text size="xs" c="dimmed">
          {first.toPrecision(3)} → {last.toPrecision(3)}, smoothed
        </Text>
      </Group>
      <svg
        role="img"
        aria-label={`Loss over ${losses.length} of ${numSteps} steps, from ${first.toPrecision(3)} to ${last.toPrecision(3)}`}
        viewBox={`0 -2 ${width} ${height + 4}`}
        preserveAspectRatio="none"
        width="100%"
        height={height}
        fill="none"
        stroke="var(--mantine-primary-color-filled)"
      >
        <path d={`M0 0H${width}M0 ${height}H${width}`} stroke="var(--mantine-color-default-border)" />
        <path d={path(losses)} strokeOpacity="0.35" vectorEffect="non-scaling-stroke" />
        <path d={path(course)} strokeWidth="2" vectorEffect="non-scaling-stroke" />
      </svg>
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          0 to {highest.toPrecision(3)}
        </Text>
        <Text size="xs" c="dimmed">
          {numSteps} steps
        </Text>
      </Group>
    </figure>
  );
}
