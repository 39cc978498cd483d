import {
  Button,
  Group,
  Modal,
  NumberInput,
  SimpleGrid,
  Stack,
  Switch,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ErrorAlert } from "@/components/error-alert";
import { Form } from "@/components/form";
import { KeylineField } from "@/components/keyline-field";
import { PaletteField } from "@/components/palette-field";
import { QualityField } from "@/components/quality-field";
import { StyleField } from "@/components/style-field";
import { IconWords } from "@/components/words/icon-words";
import { modelsQuery } from "@/lib/models";
import { type ImageSet, place } from "@/lib/sets";
import { readSubjects } from "./subjects";
import { SubjectsField } from "./subjects-field";
import { useNewSet } from "./use-new-set";

type NewSetProps = { onMade: (set: ImageSet) => void; onClose: () => void };

export function NewSet({ onMade, onClose }: NewSetProps) {
  const { form, submit, chooseStyle, formError, styleSteps, isPending } = useNewSet(onMade);
  const { template, subjects } = form.values;
  const { data: models } = useQuery(modelsQuery);
  const keylines = models?.data.flatMap((one) => (one.kind === "service" ? one.keylines : [])) ?? [];
  const first = readSubjects(subjects).subjects[0] ?? "house";

  return (
    <Modal
      opened
      onClose={onClose}
      title="New icon set"
      size={860}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Form onSubmit={submit}>
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl">
          <Stack>
            <TextInput label="Name" placeholder="Shop" maxLength={100} {...form.getInputProps("name")} />
            <SubjectsField field={form.getInputProps("subjects")} />
            <QualityField styleSteps={styleSteps} {...form.getInputProps("quality")} />
            <Switch
              label="All take after the first"
              description="The others wait for the first icon's image and follow its style."
              {...form.getInputProps("takesAfterFirst", { type: "checkbox" })}
            />
            <PaletteField {...form.getInputProps("palette")} />
          </Stack>
          <Stack>
            <StyleField kind="icon" {...form.getInputProps("style")} onChange={chooseStyle} />
            <Textarea
              label="Template"
              description={`${place} becomes each subject: “${template.replaceAll(place, first)}”`}
              autosize
              minRows={2}
              {...form.getInputProps("template")}
            />
            <IconWords prompt={template} onChange={(changed) => form.setFieldValue("template", changed)} />
            <NumberInput
              label="Seed"
              description="Of all icons; the same again draws the same again."
              placeholder="Random"
              allowNegative={false}
              allowDecimal={false}
              hideControls
              {...form.getInputProps("seed")}
            />
            {keylines.length > 0 && (
              <KeylineField field={form.getInputProps("keyline")} keylines={keylines} />
            )}
          </Stack>
        </SimpleGrid>
        {formError && <ErrorAlert title="No set was made" error={formError} />}
        <Group justify="end">
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
          <Button type="submit" loading={isPending}>
            Draw the set
          </Button>
        </Group>
      </Form>
    </Modal>
  );
}
