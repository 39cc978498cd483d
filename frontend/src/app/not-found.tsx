import { Stack, Text } from "@mantine/core";
import { LinkButton } from "@/components/link-button";
import { PageTitle } from "@/components/page-title";

export function NotFound() {
  return (
    <Stack align="start">
      <PageTitle title="No such page" />
      <Text>The address leads nowhere in the studio.</Text>
      <LinkButton link={{ to: "/icons" }}>To the icons</LinkButton>
    </Stack>
  );
}
