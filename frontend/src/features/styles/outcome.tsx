import { Alert, Button, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "@/lib/me";
import { modelsQuery, stylesOf } from "@/lib/models";
import { ChangeDialog } from "./change-dialog";

type OutcomeProps = { model: string; version: string };

/** What a training became, and the way to have it drawn with. */
export function Outcome({ model, version }: OutcomeProps) {
  const [isAsking, setIsAsking] = useState(false);
  const isAdmin = useMay("admin");
  const { data: models } = useQuery(modelsQuery);
  const live = models && stylesOf(models).find(({ id }) => id === model)?.model_version;
  if (live === version)
    return (
      <Alert color="green" title={`${version} is live`}>
        It can be chosen under “Trained style” when drawing.
      </Alert>
    );

  return (
    <Alert color="indigo" title={`It became ${version}`}>
      <Stack gap="xs" align="start">
        <Text size="sm">
          {isAdmin
            ? "It is not live yet: drawings do not use it."
            : "An admin can make it live; then it can be chosen when drawing."}
        </Text>
        {isAdmin && (
          <Button size="compact-sm" onClick={() => setIsAsking(true)}>
            Make it live…
          </Button>
        )}
      </Stack>
      {isAsking && (
        <ChangeDialog
          proposal={{ id: version, model, change: "promote", other: live ?? undefined }}
          onClose={() => setIsAsking(false)}
        />
      )}
    </Alert>
  );
}
