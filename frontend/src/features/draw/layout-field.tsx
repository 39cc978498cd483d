import { Collapse, Input, Text, UnstyledButton } from "@mantine/core";
import { useId, useState } from "react";
import { LayoutEditor } from "@/components/layout-editor/layout-editor";
import { aspectRatio } from "@/lib/images";
import type { CompositionTemplate } from "@/lib/models";
import type { DrawForm } from "./use-draw-form";

type LayoutFieldProps = { form: DrawForm; templates: CompositionTemplate[] };

/** Folded away until somebody wants to say what lies where. */
export function LayoutField({ form, templates }: LayoutFieldProps) {
  const { layout, size } = form.values;
  const [isOpenByUser, setIsOpenByUser] = useState(false);
  const panelId = useId();
  const isOpen = isOpenByUser || form.errors.layout !== undefined;

  return (
    <div>
      <UnstyledButton
        fz="sm"
        fw={500}
        aria-expanded={isOpen}
        aria-controls={panelId}
        onClick={() => setIsOpenByUser(!isOpen)}
      >
        {isOpen ? "▾" : "▸"} Layout
        <Text span size="sm" fw={400} c="dimmed">
          {layout.length > 0 ? ` · ${layout.length === 1 ? "1 box" : `${layout.length} boxes`}` : ""}
        </Text>
      </UnstyledButton>
      <Collapse expanded={isOpen} id={panelId}>
        <Input.Wrapper error={form.errors.layout} pt="sm">
          {isOpen && (
            <LayoutEditor
              boxes={layout}
              templates={templates}
              onChange={(boxes) => form.setFieldValue("layout", boxes)}
              ratio={aspectRatio(size)}
            />
          )}
        </Input.Wrapper>
      </Collapse>
    </div>
  );
}
