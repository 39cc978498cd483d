import { Button, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Glyph } from "@/components/glyph";
import { api, settle } from "@/lib/api";
import { meQuery } from "@/lib/me";
import { endSession, readApiKey } from "@/lib/session";
import { ChangePassword } from "./change-password";

/** A key is only forgotten; a password's session ends on the server too. */
async function signOutOfServer() {
  if (readApiKey() === null) await settle(api.DELETE("/v1/sessions/current"));
}

export function AccountMenu() {
  const { data: me } = useQuery(meQuery);
  const [isChanging, changing] = useDisclosure(false);
  const signOut = useMutation({ mutationFn: signOutOfServer, onSuccess: () => endSession() });

  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="subtle" color="gray" size="compact-md" leftSection={<Glyph name="account" />}>
            {me?.name ?? "Account"}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {me && <Menu.Label>{me.email ?? me.role}</Menu.Label>}
          <Menu.Item component="a" href="/docs/">
            API reference
          </Menu.Item>
          {readApiKey() === null && <Menu.Item onClick={changing.open}>Change password</Menu.Item>}
          <Menu.Item
            color={signOut.isError ? "red" : undefined}
            closeMenuOnClick={false}
            onClick={() => signOut.mutate()}
          >
            {signOut.isError ? "Sign out failed: try again" : "Sign out"}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {isChanging && <ChangePassword isOpen={isChanging} onClose={changing.close} />}
    </>
  );
}
