import {
  Button,
  Group,
  Input,
  NumberInput,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Textarea,
} from "@mantine/core";
import { getHotkeyHandler } from "@mantine/hooks";
import type { ComponentType, ReactNode } from "react";
import { ErrorAlert } from "@/components/error-alert";
import { KeylineField } from "@/components/keyline-field";
import { PaletteField } from "@/components/palette-field";
import { QualityField } from "@/components/quality-field";
import type { Model } from "@/lib/models";
import { AdvancedFields } from "./advanced-fields";
import { FamilyFields } from "./family-fields";
import { LayoutField } from "./layout-field";
import { OrientationField, SizeField } from "./size-field";
import type { DrawForm } from "./use-draw-form";

const counts = ["1", "2", "4", "6"];

export type Words = ComponentType<{ prompt: string; onChange: (prompt: string) => void }>;

type DrawFieldsProps = {
  form: DrawForm;
  model: Model;
  words: Words;
  placeholder: string;
  styleSteps: number | null;
  formError: Error | null;
  isPending: boolean;
  /** Whether it can be drawn in several shapes at once. */
  canBeFamily: boolean;
  /** What it takes besides words: a starting image, styles. */
  children: ReactNode;
};

export function DrawFields(props: DrawFieldsProps) {
  const {
    form,
    model,
    words: WordFields,
    placeholder,
    styleSteps,
    formError,
    isPending,
    canBeFamily,
    children,
  } = props;
  const { n, prompt } = form.values;
  const isFamily = canBeFamily && form.values.isFamily;
  const numScreens = form.values.formats.length * Math.max(1, form.values.themes.length);

  return (
    <Stack>
      <Textarea
        label="Prompt"
        placeholder={placeholder}
        autosize
        minRows={3}
        maxRows={10}
        onKeyDown={getHotkeyHandler([
          ["mod+Enter", (event) => (event.target as HTMLTextAreaElement).form?.requestSubmit()],
        ])}
        {...form.getInputProps("prompt")}
      />
      <WordFields prompt={prompt} onChange={(changed) => form.setFieldValue("prompt", changed)} />
      {children}
      {model.id === "splash" && (
        <OrientationField form={form} sizes={model.sizes} canBeFamily={canBeFamily} />
      )}
      {isFamily && <FamilyFields form={form} />}
      <Group grow align="start">
        {!isFamily && <SizeField form={form} sizes={model.sizes} />}
        <NumberInput
          label="Seed"
          placeholder="Random"
          allowNegative={false}
          allowDecimal={false}
          hideControls
          {...form.getInputProps("seed")}
        />
      </Group>
      {model.id === "splash" && <LayoutField form={form} templates={model.templates} />}
      {model.keylines.length > 0 && (
        <KeylineField field={form.getInputProps("keyline")} keylines={model.keylines} />
      )}
      {model.id === "icon" && <PaletteField {...form.getInputProps("palette")} />}
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        {!isFamily && (
          <Input.Wrapper label="Candidates" labelElement="div" error={form.errors.n}>
            <SegmentedControl
              fullWidth
              aria-label="Candidates"
              data={counts.includes(n) ? counts : [...counts, n]}
              {...form.getInputProps("n")}
            />
          </Input.Wrapper>
        )}
        <QualityField styleSteps={styleSteps} {...form.getInputProps("quality")} />
      </SimpleGrid>
      <AdvancedFields form={form} controlKinds={model.control_kinds} />
      {formError && <ErrorAlert title="Nothing was drawn" error={formError} />}
      <Button type="submit" size="md" loading={isPending}>
        {isFamily ? `Draw ${numScreens} screens` : "Draw"}
      </Button>
    </Stack>
  );
}
