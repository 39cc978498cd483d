import { Alert, Button, Code, CopyButton, Group, Stack, Text } from "@mantine/core";

type SecretProps = { title: string; value: string; hint: string };

/** What is shown this once. */
export function Secret({ title, value, hint }: SecretProps) {
  return (
    <Alert color="green" title={title}>
      <Stack gap="xs">
        <Text size="sm">{hint}</Text>
        <Group gap="xs" wrap="nowrap" align="start">
          <Code block flex={1} style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
            {value}
          </Code>
          <CopyButton value={value}>
            {({ copied, copy }) => (
              <Button size="xs" variant="default" onClick={copy}>
                {copied ? "Copied" : "Copy"}
              </Button>
            )}
          </CopyButton>
        </Group>
      </Stack>
    </Alert>
  );
}
