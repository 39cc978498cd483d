import { Anchor, Button, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link, useNavigate } from "@tanstack/react-router";
import { PageTitle } from "@/components/page-title";
import { NewSet } from "./new-set";
import { SetList } from "./set-list";

export function SetsPage() {
  const [isMaking, making] = useDisclosure(false);
  const navigate = useNavigate();

  return (
    <Stack gap="lg">
      <PageTitle
        title="Sets"
        description="Icons of many subjects in one style, and splash screens of one brief in many shapes."
      >
        <Button onClick={making.open}>New set</Button>
      </PageTitle>
      <SetList kind="icon" title="Icon sets">
        No sets yet.
      </SetList>
      <SetList kind="splash" title="Splash families">
        None yet. On the page of{" "}
        <Anchor underline="always" renderRoot={(root) => <Link {...root} to="/splash" />}>
          splash screens
        </Anchor>
        , “Family” draws one brief in many shapes.
      </SetList>
      {isMaking && (
        <NewSet
          onMade={(set) => navigate({ to: "/sets/$setId", params: { setId: set.id } })}
          onClose={making.close}
        />
      )}
    </Stack>
  );
}
