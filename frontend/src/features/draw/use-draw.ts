import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/lib/api";
import { createGeneration, generationsKey } from "@/lib/generations";
import { imageQuery } from "@/lib/images";
import type { Model } from "@/lib/models";
import type { StartImage } from "./start-field";
import { type DrawValues, toBody } from "./use-draw-form";

/** The id of the file that the image became; the same image again is the same file. */
async function upload(image: Blob): Promise<string> {
  const form = new FormData();
  form.append("purpose", "reference");
  form.append("file", image, "start.png");
  const file = await unwrap(
    api.POST("/v1/files", {
      // The contract's type is for JSON; what is sent is the form.
      body: form as never,
      bodySerializer: () => form,
    }),
  );
  return file.id;
}

export function useDraw(model: Model, start: StartImage | null) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (values: DrawValues) => {
      const image = start && (await queryClient.fetchQuery(imageQuery(start.generationId, start.index)));
      return createGeneration(toBody(model, values, image && (await upload(image))));
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: generationsKey }),
  });
}
