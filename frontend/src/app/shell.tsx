import { AppShell, Container, Group, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Outlet, useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { Logo } from "@/components/logo";
import { AccountMenu } from "@/features/auth/account-menu";
import { SignIn } from "@/features/auth/sign-in";
import { HealthBanner } from "@/features/health/health-banner";
import { readinessQuery } from "@/features/health/readiness";
import { useIsSignedIn } from "@/lib/session";
import { ColorSchemeButton } from "./color-scheme-button";
import { Nav } from "./nav";

/** Where a password is set there is nobody signed in yet. */
const openPage = "/set-password";

export function Shell() {
  const isSignedIn = useIsSignedIn();
  const isOpenPage = useLocation().pathname === openPage;
  const queryClient = useQueryClient();

  // Who signs in next must not see what this one has read.
  useEffect(() => {
    if (isSignedIn) return;
    queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== readinessQuery.queryKey[0] });
  }, [isSignedIn, queryClient]);

  return (
    <AppShell header={{ height: 56 }} padding={0}>
      <AppShell.Header>
        <Container size={1600} h="100%">
          <Group h="100%" justify="space-between" wrap="nowrap">
            <Group gap="xl" wrap="nowrap">
              <Group gap="xs" wrap="nowrap">
                <Logo size_px={28} />
                <Text fw={700} size="lg">
                  Emblem
                </Text>
              </Group>
              {isSignedIn && <Nav />}
            </Group>
            <Group gap="xs" wrap="nowrap">
              <ColorSchemeButton />
              {isSignedIn && <AccountMenu />}
            </Group>
          </Group>
        </Container>
      </AppShell.Header>
      <AppShell.Main pb={{ base: 80, sm: 0 }}>
        <Container size={1600} py="lg">
          <Stack gap="lg">
            <HealthBanner />
            {isSignedIn || isOpenPage ? <Outlet /> : <SignIn />}
          </Stack>
        </Container>
      </AppShell.Main>
    </AppShell>
  );
}
