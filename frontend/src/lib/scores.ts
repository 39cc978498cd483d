import { queryOptions } from "@tanstack/react-query";
import type { components } from "@/client/schema";
import { api, unwrap } from "./api";
import { oneAtATime } from "./one-at-a-time";

export type Scores = components["schemas"]["ImageScores"];

const inTurn = oneAtATime();

/** `colors`: hexadecimal digits that the icon should have; measured only. */
export function scoresQuery(generationId: string, index: number, colors: string[]) {
  return queryOptions({
    queryKey: ["scores", generationId, index, colors],
    queryFn: () =>
      inTurn(() =>
        unwrap(
          api.GET("/v1/generations/{generation_id}/images/{index}/scores", {
            params: {
              path: { generation_id: generationId, index },
              query: { colors: colors.join(",") },
            },
          }),
        ),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
