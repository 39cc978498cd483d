import { GenerationImage } from "@/components/generation-image";
import type { GalleryImage } from "@/lib/images";
import { useObjectUrl } from "@/lib/use-object-url";
import { ImageField } from "./image-field";
import type { DrawForm } from "./use-draw-form";

type LookFieldProps = { form: DrawForm; look: GalleryImage | null; onRemove: () => void };

const alt = "The style image";

/** The image whose look is taken: of the gallery, or a file. */
export function LookField({ form, look, onRemove }: LookFieldProps) {
  const file = form.values.style_image;
  const url = useObjectUrl(file ?? undefined);
  if (!look && !file) return null;

  return (
    <ImageField
      title="Takes its look from this image"
      picture={
        look ? (
          <GenerationImage {...look} size="1x1" alt={alt} isThumbnail />
        ) : (
          <img src={url} alt={alt} style={{ display: "block", width: "100%" }} />
        )
      }
      share="How much is taken"
      min={0}
      slider={form.getInputProps("style_strength")}
      onRemove={onRemove}
    />
  );
}
