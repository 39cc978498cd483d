import { GenerationImage } from "@/components/generation-image";
import type { ImageSetItem } from "@/lib/sets";

type ItemPictureProps = { item: ImageSetItem; alt?: string };

/** The finished image of one item, small. Without `alt`, something beside it says what it is. */
export function ItemPicture({ item, alt = "" }: ItemPictureProps) {
  return (
    <GenerationImage generationId={item.generation_id} index={0} size={item.size} alt={alt} isThumbnail />
  );
}
