import { useMutation, useQueryClient } from "@tanstack/react-query";
import { uploadFile } from "@/lib/files";
import { createGeneration, type Generation, generationsKey } from "@/lib/generations";
import { type GalleryImage, imageQuery } from "@/lib/images";
import type { Model, StyleModel } from "@/lib/models";
import { createSplashSet, type ImageSet, useRereadSets } from "@/lib/sets";
import { toBody, toFamilyBody } from "./draw-body";
import type { ControlChoice, DrawValues } from "./use-draw-form";

/** Images of the gallery: to be drawn over, and whose look is taken. */
type Inputs = { start: GalleryImage | null; look: GalleryImage | null };

export function useDraw(model: Model, styles: StyleModel[], { start, look }: Inputs) {
  const queryClient = useQueryClient();
  const rereadSets = useRereadSets();
  const fetchImage = (image: GalleryImage | null) =>
    image && queryClient.fetchQuery(imageQuery(image.generationId, image.index));

  return useMutation({
    mutationFn: async (values: DrawValues): Promise<Generation | ImageSet> => {
      const styleId = await send((await fetchImage(look)) ?? values.style_image, "style.png");
      const control_images = await sendAll(values.control_images);
      if (values.isFamily) return createSplashSet(toFamilyBody(styles, values, { styleId, control_images }));
      const startId = await send(await fetchImage(start), "start.png");
      return createGeneration(toBody(model, styles, values, { startId, styleId, control_images }));
    },
    onSuccess: () => Promise.all([queryClient.invalidateQueries({ queryKey: generationsKey }), rereadSets()]),
  });
}

async function send(image: Blob | null, name: string): Promise<string | null> {
  return image && (await uploadFile("reference", image, name)).id;
}

/** One after the other: a key may send few at once. */
async function sendAll(choices: ControlChoice[]) {
  const sent = [];
  for (const { key: _key, file, ...said } of choices)
    sent.push({ ...said, file_id: (await send(file, "control.png")) ?? said.file_id });
  return sent;
}
