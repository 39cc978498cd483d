import { Button, Group, NumberInput, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { ErrorAlert } from "@/components/error-alert";
import { GatesWaiver } from "./gates-waiver";
import { failedGates, rollBackVersion, startCanary, useVersionChange, type Version } from "./versions";

const firstPercent = 10;

type CanaryFormProps = { version: Version; live: string };

/** Lets a version draw a share of what names its style, beside the live one. */
export function CanaryForm({ version, live }: CanaryFormProps) {
  const { id, model, share } = version;
  const [isForced, setIsForced] = useState(false);
  const isBarred = failedGates(version).length > 0 && !isForced;
  const isCanary = share !== null;
  const form = useForm({
    initialValues: { percent: isCanary ? Math.round(100 * share) : firstPercent },
    validate: { percent: (percent) => (percent > 0 ? null : "Say a share above 0.") },
  });
  const start = useVersionChange((percent: number) => startCanary(id, percent / 100, isForced));
  const end = useVersionChange(() => rollBackVersion(id));
  const submit = form.onSubmit(({ percent }) => start.mutate(percent));
  const error = start.error ?? end.error;

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="xs">
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          {isCanary
            ? `It draws ${Math.round(100 * share)} % of what names “${model}”; ${live} draws the rest.`
            : `As a canary it draws a share of what names “${model}”; ${live} stays live and draws the rest.`}
        </Text>
        <GatesWaiver version={version} isForced={isForced} onForce={setIsForced} />
        <Group align="end" gap="xs">
          <NumberInput
            label="Share of drawings"
            suffix=" %"
            w={150}
            min={1}
            max={100}
            allowNegative={false}
            allowDecimal={false}
            {...form.getInputProps("percent")}
          />
          <Button
            type="submit"
            variant={isCanary ? "default" : "filled"}
            disabled={isBarred}
            loading={start.isPending}
          >
            {isCanary ? "Change share" : "Start canary"}
          </Button>
          {isCanary && (
            <Button variant="default" loading={end.isPending} onClick={() => end.mutate(undefined)}>
              End canary
            </Button>
          )}
        </Group>
        {error && <ErrorAlert title="Nothing was changed" error={error} />}
      </Stack>
    </form>
  );
}
