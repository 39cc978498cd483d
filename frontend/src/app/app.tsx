import { Anchor, AppShell, Container, Group, Stack, Text } from "@mantine/core";
import { Logo } from "@/components/logo";
import { SignIn } from "@/features/auth/sign-in";
import { SignOutButton } from "@/features/auth/sign-out-button";
import { GeneratePage } from "@/features/generate/generate-page";
import { HealthBanner } from "@/features/health/health-banner";
import { useIsSignedIn } from "@/lib/session";

export function App() {
  const isSignedIn = useIsSignedIn();

  return (
    <AppShell header={{ height: 56 }} padding={0}>
      <AppShell.Header>
        <Container size="xl" h="100%">
          <Group h="100%" justify="space-between" wrap="nowrap">
            <Group gap="xs" wrap="nowrap">
              <Logo size_px={28} />
              <Text fw={700} size="lg">
                Emblem
              </Text>
            </Group>
            <Group gap="md" wrap="nowrap">
              <Anchor href="/docs/" size="sm" c="dimmed">
                API
              </Anchor>
              {isSignedIn && <SignOutButton />}
            </Group>
          </Group>
        </Container>
      </AppShell.Header>
      <AppShell.Main>
        <Container size="xl" py="lg">
          <Stack gap="lg">
            <HealthBanner />
            {isSignedIn ? <GeneratePage /> : <SignIn />}
          </Stack>
        </Container>
      </AppShell.Main>
    </AppShell>
  );
}
