import { Input, NativeSelect } from "@mantine/core";
import { randomId } from "@mantine/hooks";
import { FileDrop } from "@/components/file-drop";
import { FileImage } from "@/components/file-image";
import type { ControlKind } from "@/lib/models";
import { useObjectUrl } from "@/lib/use-object-url";
import { ImageField } from "./image-field";
import type { ControlChoice, DrawForm } from "./use-draw-form";

const maxImages = 4;
const maxStrength = 2;
const words: Record<ControlKind, string> = {
  canny: "Edges",
  scribble: "Scribble",
  depth: "Depth",
  normal: "Surface normals",
  openpose: "Pose",
  segment: "Segments",
  tile: "Tile",
  repaint: "Repaint",
};

type ControlFieldsProps = { form: DrawForm; kinds: ControlKind[] };

/** Images that say where things lie; only for a model that can follow some, or for what was drawn by them. */
export function ControlFields({ form, kinds }: ControlFieldsProps) {
  const { control_images: images } = form.values;
  const [first] = kinds;
  const setImages = (chosen: ControlChoice[]) => form.setFieldValue("control_images", chosen);

  function add(file: File | null) {
    if (!file || !first) return;
    const added = { key: randomId(), file, file_id: "", kind: first, strength: 0.8, start: 0, end: 1 };
    setImages([...images, added]);
  }

  return (
    <>
      {images.map((image, index) => (
        <ImageField
          key={image.key}
          title={`Control image ${index + 1}`}
          picture={<ControlPicture image={image} alt={`Control image ${index + 1}`} />}
          share="How closely it is followed"
          min={0}
          max={maxStrength}
          slider={form.getInputProps(`control_images.${index}.strength`)}
          onRemove={() => setImages(images.filter((one) => one !== image))}
        >
          <NativeSelect
            size="xs"
            aria-label={`What control image ${index + 1} shows`}
            data={[...new Set([...kinds, image.kind])].map((kind) => ({ value: kind, label: words[kind] }))}
            {...form.getInputProps(`control_images.${index}.kind`)}
          />
        </ImageField>
      ))}
      {first && images.length < maxImages && (
        <FileDrop
          label="Control image"
          description="Its edges, depth or pose are followed; it is stretched over the picture."
          placeholder="Choose or drop"
          accept="image/png,image/jpeg,image/webp"
          value={null}
          onChange={add}
        />
      )}
      {form.errors.control_images && <Input.Error>{form.errors.control_images}</Input.Error>}
    </>
  );
}

function ControlPicture({ image: { file, file_id }, alt }: { image: ControlChoice; alt: string }) {
  const url = useObjectUrl(file ?? undefined);
  if (!file) return <FileImage fileId={file_id} alt={alt} />;
  return <img src={url} alt={alt} style={{ display: "block", width: "100%" }} />;
}
