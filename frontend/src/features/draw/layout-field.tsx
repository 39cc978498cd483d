import { Input, NumberInput, Stack } from "@mantine/core";
import { Disclosure } from "@/components/disclosure";
import { LayoutEditor } from "@/components/layout-editor/layout-editor";
import { aspectRatio } from "@/lib/images";
import type { CompositionTemplate } from "@/lib/models";
import { type DrawForm, horizonRange } from "./use-draw-form";

type LayoutFieldProps = { form: DrawForm; templates: CompositionTemplate[] };

function hintOf({ layout, horizon }: DrawForm["values"]): string {
  const boxes = layout.length === 1 ? "1 box" : layout.length > 1 && `${layout.length} boxes`;
  return [boxes, horizon !== "" && `horizon at ${horizon} %`].filter(Boolean).join(", ");
}

/** Folded away until somebody wants to say what lies where. */
export function LayoutField({ form, templates }: LayoutFieldProps) {
  const { layout, size, horizon } = form.values;
  const { errors } = form;
  const isWrong = errors.layout !== undefined || errors.horizon !== undefined;

  return (
    <Disclosure label="Layout" hint={hintOf(form.values)} isForced={isWrong}>
      {(isOpen) => (
        <Stack pt="sm">
          <Input.Wrapper error={errors.layout}>
            {isOpen && (
              <LayoutEditor
                boxes={layout}
                templates={templates}
                horizon={horizon === "" ? null : Number(horizon)}
                onHorizon={(percent) => form.setFieldValue("horizon", percent ?? "")}
                onChange={(boxes) => form.setFieldValue("layout", boxes)}
                ratio={aspectRatio(size)}
              />
            )}
          </Input.Wrapper>
          <NumberInput
            label="Horizon from the top"
            description="Where the sky ends; the sky stays calm."
            placeholder="Anywhere"
            suffix=" %"
            step={5}
            startValue={60}
            allowNegative={false}
            allowDecimal={false}
            {...horizonRange}
            {...form.getInputProps("horizon")}
          />
        </Stack>
      )}
    </Disclosure>
  );
}
