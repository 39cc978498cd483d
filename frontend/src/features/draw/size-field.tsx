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

/** Not one of them, but each: a family. */
const all = "Family";

/** Chooses the first size of that orientation, or all of them as a family. */
export function OrientationField({ form, sizes, canBeFamily }: SizeFieldProps & { canBeFamily: boolean }) {
  const orientations = [...new Set(sizes.map(orientationOf)), ...(canBeFamily ? [all] : [])];
  const { isFamily, size } = form.values;

  function choose(orientation: string) {
    form.setFieldValue("isFamily", orientation === all);
    const first = sizes.find((one) => orientationOf(one) === orientation);
    if (first) form.setFieldValue("size", first);
  }

  return (
    <Input.Wrapper label="Orientation" labelElement="div">
      <SegmentedControl
        fullWidth
        aria-label="Orientation"
        data={orientations}
        value={canBeFamily && isFamily ? all : orientationOf(size)}
        onChange={choose}
      />
    </Input.Wrapper>
  );
}
