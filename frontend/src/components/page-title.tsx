import { Group, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

type PageTitleProps = { title: string; description?: string; children?: ReactNode };

/** The page's heading, with what acts on the whole page beside it. */
export function PageTitle({ title, description, children }: PageTitleProps) {
  return (
    <Group justify="space-between" align="end" gap="sm">
      <div>
        <Title order={1} size="h2">
          {title}
        </Title>
        {description && (
          <Text c="dimmed" size="sm">
            {description}
          </Text>
        )}
      </div>
      {children}
    </Group>
  );
}
