import { Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ErrorAlert } from "@/components/error-alert";
import { Loading } from "@/components/loading";
import { stylesQuery } from "@/lib/styles";
import { PresetTable } from "./preset-table";
import { StyleCard } from "./style-card";

/** One's own styles, to be renamed and deleted, and those that come with the service. */
export function PinnedStyles() {
  const { data, error } = useQuery(stylesQuery);
  if (error) return <ErrorAlert title="The styles could not be listed" error={error} />;
  if (!data) return <Loading what="the styles" />;
  const own = data.filter(({ is_preset }) => !is_preset);

  return (
    <Stack gap="xl">
      <section aria-labelledby="own-styles">
        <Title order={2} size="h4" mb="sm" id="own-styles">
          Yours
        </Title>
        {own.length === 0 ? (
          <Text c="dimmed">
            None yet. Open a picture and pin it as a style: what you draw next can look like it.
          </Text>
        ) : (
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
            {own.map((style) => (
              <StyleCard key={style.id} style={style} />
            ))}
          </SimpleGrid>
        )}
      </section>
      <section aria-labelledby="built-in-styles">
        <Title order={2} size="h4" mb="sm" id="built-in-styles">
          Built in
        </Title>
        <Paper withBorder p={{ base: "sm", sm: "md" }}>
          <PresetTable presets={data.filter(({ is_preset }) => is_preset)} />
        </Paper>
      </section>
    </Stack>
  );
}
