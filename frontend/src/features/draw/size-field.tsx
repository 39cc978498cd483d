import { Input, NativeSelect, SegmentedControl } from "@mantine/core";
import { aspectRatio } from "@/lib/images";
import type { DrawForm } from "./use-draw-form";

type SizeFieldProps = { form: DrawForm; sizes: string[] };

export function SizeField({ form, sizes }: SizeFieldProps) {
  const { size } = form.values;
  // A size that was drawn from elsewhere can be drawn again.
  const offered = sizes.includes(size) ? sizes : [...sizes, size];
  return <NativeSelect label="Size" data={offered} {...form.getInputProps("size")} />;
}

function orientationOf(size: string): string {
  const ratio = aspectRatio(size);
  if (ratio === 1) return "Square";
  return ratio > 1 ? "Landscape" : "Portrait";
}

/** Chooses the first size of that orientation. */
export function OrientationField({ form, sizes }: SizeFieldProps) {
  const orientations = [...new Set(sizes.map(orientationOf))];

  function choose(orientation: string) {
    const size = sizes.find((one) => orientationOf(one) === orientation);
    if (size) form.setFieldValue("size", size);
  }

  return (
    <Input.Wrapper label="Orientation" labelElement="div">
      <SegmentedControl
        fullWidth
        aria-label="Orientation"
        data={orientations}
        value={orientationOf(form.values.size)}
        onChange={choose}
      />
    </Input.Wrapper>
  );
}
