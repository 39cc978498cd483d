import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { components } from "@/client/schema";
import { api, settle, unwrap } from "./api";
import type { Kind } from "./generations";

export type Style = components["schemas"]["Style"];
export type StyleBody = components["schemas"]["StyleBody"];

const pageSize = 100;

/** One's own, the newest first, then the presets. */
export const stylesQuery = queryOptions({
  queryKey: ["styles"],
  queryFn: async () => {
    const styles: Style[] = [];
    let after: string | undefined;
    do {
      const page = await unwrap(api.GET("/v1/styles", { params: { query: { limit: pageSize, after } } }));
      styles.push(...page.data);
      after = page.has_more ? (page.last_id ?? undefined) : undefined;
    } while (after);
    return styles;
  },
  staleTime: 60_000,
});

/** The steps that a style says; null where it leaves them to the quality. */
export function useStyleSteps(id: string): number | null {
  const { data } = useQuery(stylesQuery);
  return data?.find((style) => style.id === id)?.num_inference_steps ?? null;
}

/** For what changes styles: the list is read anew. */
export function useStyleChange<Wish, Answer>(change: (wish: Wish) => Promise<Answer>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => queryClient.invalidateQueries(stylesQuery),
  });
}

export function createStyle(body: StyleBody): Promise<Style> {
  return unwrap(api.POST("/v1/styles", { body }));
}

/** A new version that says all that it said. */
export function renameStyle(style: Style, name: string): Promise<Style> {
  const { id, object: _object, version: _version, is_preset, created_at, ...said } = style;
  return unwrap(
    api.PUT("/v1/styles/{style_id}", { params: { path: { style_id: id } }, body: { ...said, name } }),
  );
}

export function deleteStyle(id: string): Promise<void> {
  return settle(api.DELETE("/v1/styles/{style_id}", { params: { path: { style_id: id } } }));
}

export function fits(style: Style, kind: Kind): boolean {
  return !style.kind || style.kind === "any" || style.kind === kind;
}

/** What it adds to a drawing, in few words. */
export function saidBy(style: Style): string {
  const { prompt_prefix, prompt_suffix, num_inference_steps, guidance_scale, sampler } = style;
  const words = [prompt_prefix, prompt_suffix].filter(Boolean).map((text) => `“${text}”`);
  const images = style.style_images?.length ?? 0;
  const parts = [
    words.join(" … "),
    images === 1 ? "the look of a picture" : images > 1 && `the look of ${images} pictures`,
    style.negative_prompt && `not: ${style.negative_prompt}`,
    num_inference_steps && `${num_inference_steps} steps`,
    guidance_scale && `guidance ${guidance_scale}`,
    sampler,
    ...(style.lora ?? []).map(({ id }) => id),
  ];
  return parts.filter(Boolean).join(" · ");
}
