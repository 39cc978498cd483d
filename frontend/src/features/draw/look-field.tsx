import { FileImage } from "@/components/file-image";
import { GenerationImage } from "@/components/generation-image";
import type { GalleryImage } from "@/lib/images";
import { useObjectUrl } from "@/lib/use-object-url";
import { ImageField } from "./image-field";
import type { DrawForm } from "./use-draw-form";

type LookFieldProps = { form: DrawForm; look: GalleryImage | null; onRemove: () => void };

const alt = "The style image";

/** The image whose look is taken: of the gallery, or a file; or those that an image was drawn with. */
export function LookField({ form, look, onRemove }: LookFieldProps) {
  const { style_image: file, style_images } = form.values;
  const url = useObjectUrl(file ?? undefined);
  const [drawn] = style_images;
  const count = look || file ? 1 : style_images.length;
  if (count === 0) return null;

  return (
    <ImageField
      title={count > 1 ? `Takes its look from ${count} images` : "Takes its look from this image"}
      picture={
        look ? (
          <GenerationImage {...look} size="1x1" alt={alt} isThumbnail />
        ) : drawn ? (
          <FileImage fileId={drawn.file_id} alt={alt} />
        ) : (
          <img src={url} alt={alt} style={{ display: "block", width: "100%" }} />
        )
      }
      share="How much is taken"
      min={0}
      slider={form.getInputProps("style_strength")}
      error={form.errors.style_images}
      onRemove={onRemove}
    />
  );
}
