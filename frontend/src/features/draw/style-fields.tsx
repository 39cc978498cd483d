import { Group, Input, MultiSelect, Slider } from "@mantine/core";
import { FileDrop } from "@/components/file-drop";
import type { GalleryImage } from "@/lib/images";
import type { StyleModel } from "@/lib/models";
import { LookField } from "./look-field";
import type { DrawForm } from "./use-draw-form";

const maxStyles = 4;

type StyleFieldsProps = {
  form: DrawForm;
  styles: StyleModel[];
  look: GalleryImage | null;
  onRemoveLook: () => void;
};

/** What the drawing takes its look from: styles that were trained, and an image. */
export function StyleFields({ form, styles, look, onRemoveLook }: StyleFieldsProps) {
  const { lora, style_image, style_images } = form.values;
  const chosen = lora.map(({ id }) => id);
  const live = styles.filter(({ status }) => status === "live").map(({ id }) => id);
  // A version that was drawn with can be drawn with again.
  const offered = [...live, ...chosen.filter((id) => !live.includes(id))];
  const triggers = styles.flatMap(({ id, trigger }) =>
    chosen.includes(id) && trigger ? [`“${trigger}”`] : [],
  );

  function choose(ids: string[]) {
    const kept = ids.map((id) => lora.find((choice) => choice.id === id) ?? { id, scale: 1 });
    form.setFieldValue("lora", kept);
  }

  return (
    <>
      <Group grow align="start">
        {offered.length > 0 && (
          <MultiSelect
            label="Trained style"
            placeholder={chosen.length === 0 ? "None" : undefined}
            data={offered}
            value={chosen}
            onChange={choose}
            maxValues={maxStyles}
            error={form.errors.lora}
          />
        )}
        {!look && !style_image && style_images.length === 0 && (
          <FileDrop
            label="Style image"
            placeholder="Choose or drop"
            accept="image/png,image/jpeg,image/webp"
            {...form.getInputProps("style_image")}
          />
        )}
      </Group>
      {lora.map(({ id }, index) => (
        <Input.Wrapper key={id} label={`How strongly: ${id}`} labelElement="div" size="xs">
          <Slider
            thumbLabel={`How strongly: ${id}`}
            min={0}
            max={1.5}
            step={0.05}
            marks={[{ value: 1 }]}
            {...form.getInputProps(`lora.${index}.scale`)}
          />
        </Input.Wrapper>
      ))}
      {triggers.length > 0 && (
        <Input.Description>
          {triggers.join(" and ")} goes into the prompt, unless it is there.
        </Input.Description>
      )}
      <LookField
        form={form}
        look={look}
        onRemove={look ? onRemoveLook : () => form.setValues({ style_image: null, style_images: [] })}
      />
    </>
  );
}
