import { Grid, Paper, Stack, VisuallyHidden } from "@mantine/core";
import { useState } from "react";
import { ApiError } from "@/lib/api-error";
import type { Model } from "@/lib/models";
import { GenerateFields } from "./generate-fields";
import { type Generation, useGenerateImages } from "./generate-images";
import { Progress } from "./progress";
import { Results } from "./results";
import { useGenerateForm } from "./use-generate-form";

const maxGenerations = 20;

type WorkbenchProps = { models: Model[]; firstModel: Model };

export function Workbench({ models, firstModel }: WorkbenchProps) {
  const [generations, setGenerations] = useState<Generation[]>([]);
  const form = useGenerateForm(firstModel);
  const generate = useGenerateImages((generation) =>
    setGenerations((earlier) => [generation, ...earlier].slice(0, maxGenerations)),
  );

  function blamedField(error: Error | null): string | null {
    if (!(error instanceof ApiError) || error.param === null) return null;
    return Object.hasOwn(form.values, error.param) ? error.param : null;
  }

  function showOnField(error: Error): void {
    const field = blamedField(error);
    if (field) form.setFieldError(field, error.message);
  }

  const formError = generate.error && !blamedField(generate.error) ? generate.error.message : null;
  const submit = form.onSubmit((values) => generate.mutate(values, { onError: showOnField }));

  return (
    <>
      <VisuallyHidden component="h1">Create images</VisuallyHidden>
      <Grid gap="xl">
        <Grid.Col span={{ base: 12, sm: 5, lg: 4 }}>
          <Paper
            component="form"
            pos={{ base: "static", sm: "sticky" }}
            top={76}
            onSubmit={submit}
            noValidate
            withBorder
            radius="lg"
            p={{ base: "md", lg: "lg" }}
          >
            <GenerateFields
              form={form}
              models={models}
              formError={formError}
              isPending={generate.isPending}
            />
          </Paper>
        </Grid.Col>
        <Grid.Col span={{ base: 12, sm: 7, lg: 8 }}>
          <Stack gap="xl">
            {generate.isPending && (
              <Progress count={Number(generate.variables.n)} size={generate.variables.size} />
            )}
            <Results
              generations={generations}
              isPending={generate.isPending}
              onUseSeed={(seed) => form.setFieldValue("seed", seed)}
            />
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}
