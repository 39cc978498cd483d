import { Text } from "@mantine/core";

export function NoStyles() {
  return <Text c="dimmed">No styles yet. What is trained appears here, and an admin makes it live.</Text>;
}
