import { GenerationImage } from "@/components/generation-image";
import type { GalleryImage } from "@/lib/images";
import { ImageField } from "./image-field";
import type { DrawForm } from "./use-draw-form";

type StartFieldProps = { start: GalleryImage; form: DrawForm; onRemove: () => void };

export function StartField({ start, form, onRemove }: StartFieldProps) {
  return (
    <ImageField
      title="Starts from this image"
      picture={<GenerationImage {...start} size="1x1" alt="The starting image" />}
      share="How much changes"
      min={0.1}
      slider={form.getInputProps("strength")}
      onRemove={onRemove}
    />
  );
}
