import { Grid, Paper, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { ErrorAlert } from "@/components/error-alert";
import { Inspector } from "@/components/inspector/inspector";
import { Loading } from "@/components/loading";
import { PageTitle } from "@/components/page-title";
import { generationQuery, type Kind } from "@/lib/generations";
import { type Model, modelsQuery, stylesOf } from "@/lib/models";
import type { DrawSearch } from "@/lib/search";
import type { Words } from "./draw-fields";
import { DrawForm } from "./draw-form";
import { Results } from "./results";

type DrawPageProps = {
  kind: Kind;
  title: string;
  description: string;
  placeholder: string;
  words: Words;
  search: DrawSearch;
  onSearch: (search: DrawSearch) => void;
};

export function DrawPage({ kind, title, description, placeholder, words, search, onSearch }: DrawPageProps) {
  const { data: models, error } = useQuery(modelsQuery);
  const like = useQuery({ ...generationQuery(search.like ?? ""), enabled: search.like !== undefined });
  const model = models?.data.find((one): one is Model => one.kind === "service" && one.id === kind);
  const isReady = search.like === undefined || like.data !== undefined;
  const results = useRef<HTMLDivElement>(null);
  const look = search.style ? { generationId: search.style, index: search.styleImage ?? 0 } : null;
  const start = search.start ? { generationId: search.start, index: search.startImage ?? 0 } : null;

  if (error ?? like.error)
    return <ErrorAlert title="The page could not be prepared" error={(error ?? like.error) as Error} />;
  if (!models || !model || !isReady) return <Loading what="the models" />;

  return (
    <Stack gap="lg">
      <PageTitle title={title} description={description} />
      <Grid gap="xl">
        <Grid.Col span={{ base: 12, sm: 6, md: 5, xl: 4 }}>
          <Paper withBorder radius="lg" p={{ base: "md", lg: "lg" }}>
            <DrawForm
              // Another example to follow is another form.
              key={`${search.like} ${search.seed}`}
              model={model}
              styles={stylesOf(models)}
              words={words}
              placeholder={placeholder}
              like={like.data ?? null}
              seed={search.seed}
              start={start}
              // On a phone the images lie below the form, out of sight.
              onDrawn={() => results.current?.scrollIntoView({ block: "nearest", behavior: "smooth" })}
              look={look}
              onRemoveLook={() => onSearch({ ...search, style: undefined, styleImage: undefined })}
              onRemoveStart={() => onSearch({ ...search, start: undefined, startImage: undefined })}
            />
          </Paper>
        </Grid.Col>
        <Grid.Col span={{ base: 12, sm: 6, md: 7, xl: 8 }}>
          <div ref={results} style={{ scrollMarginBottom: "60vh" }} />
          <Results kind={kind} onOpen={(open, image) => onSearch({ ...search, open, image })} />
        </Grid.Col>
      </Grid>
      <Inspector
        generationId={search.open}
        index={search.image ?? 0}
        onPick={(image) => onSearch({ ...search, image })}
        onClose={() => onSearch({ ...search, open: undefined, image: undefined })}
      />
    </Stack>
  );
}
