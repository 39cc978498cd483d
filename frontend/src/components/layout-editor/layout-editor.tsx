import {
  Accordion,
  Alert,
  Box,
  Button,
  Group,
  List,
  Skeleton,
  Stack,
  Text,
  VisuallyHidden,
} from "@mantine/core";
import { type KeyboardEvent, lazy, Suspense, useId, useState } from "react";
import type { CompositionTemplate } from "@/lib/models";
import { BoxFields } from "./box-fields";
import { type BoxKind, canAdd, type LayoutBox, nameOf, newBox, placeAfterKey } from "./boxes";
import { faultsOf, hintsOf } from "./faults";
import { screenFor } from "./screen";
import { TemplateField } from "./template-field";
import { arrange, horizonOf } from "./templates";

// Only who opens it loads the drawing library.
const Canvas = lazy(() => import("./canvas"));

const additions: Record<BoxKind, string> = {
  region: "Add region",
  copy_space: "Add copy space",
  logo_box: "Add logo box",
};
const kinds = Object.keys(additions) as BoxKind[];

type LayoutEditorProps = {
  boxes: LayoutBox[];
  templates: CompositionTemplate[];
  onChange: (boxes: LayoutBox[]) => void;
  ratio: number;
  /** In percent of the height; shown, and set by a template or elsewhere. */
  horizon: number | null;
  onHorizon: (horizon: number | null) => void;
};

/** What lies where in the picture: on a canvas, and the same boxes in figures below it. */
export function LayoutEditor({ boxes, templates, onChange, ratio, horizon, onHorizon }: LayoutEditorProps) {
  const [chosenId, setChosenId] = useState<number | null>(null);
  const helpId = useId();
  const screen = screenFor(ratio);
  const chosen = boxes.find(({ id }) => id === chosenId);
  const faults = faultsOf(boxes);
  const hints = hintsOf(boxes, screen);

  const change = (id: number, changed: Partial<LayoutBox>) =>
    onChange(boxes.map((box) => (box.id === id ? { ...box, ...changed } : box)));
  const remove = (id: number) => onChange(boxes.filter((box) => box.id !== id));

  function add(kind: BoxKind) {
    const box = newBox(boxes, kind);
    onChange([...boxes, box]);
    setChosenId(box.id);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (!chosen) return;
    const place = placeAfterKey(chosen, event.key, event.shiftKey);
    if (place) change(chosen.id, place);
    else if (event.key === "Delete") remove(chosen.id);
    else return;
    event.preventDefault();
  }

  return (
    <Stack gap="sm">
      {templates.length > 0 && (
        <TemplateField
          templates={templates}
          onChoose={(template) => {
            setChosenId(null);
            onChange(arrange(template, ratio, boxes));
            onHorizon(horizonOf(template, ratio));
          }}
        />
      )}
      <Group gap="xs">
        {kinds.map((kind) => (
          <Button
            key={kind}
            size="compact-sm"
            variant="default"
            disabled={!canAdd(boxes, kind)}
            onClick={() => add(kind)}
          >
            {additions[kind]}
          </Button>
        ))}
      </Group>
      <Box
        // Which no element is: a canvas that takes keys.
        role="application"
        tabIndex={0}
        aria-label="Canvas"
        aria-describedby={helpId}
        onKeyDown={onKeyDown}
      >
        <Suspense fallback={<Skeleton h={320} />}>
          <Canvas
            boxes={boxes}
            chosenId={chosenId}
            screen={screen}
            horizon={horizon}
            onChoose={setChosenId}
            onPlace={change}
          />
        </Suspense>
      </Box>
      <Text id={helpId} size="xs" c="dimmed">
        Drag a box, or its handles. By keyboard, arrow keys move the chosen box, with Shift they resize it.
        The line is what a phone shows, the dotted one its safe area.
      </Text>
      <VisuallyHidden role="status">{chosen && `Chosen: ${nameOf(chosen, boxes)}`}</VisuallyHidden>
      <Accordion
        variant="contained"
        value={chosenId === null ? null : String(chosenId)}
        onChange={(value) => setChosenId(value === null ? null : Number(value))}
      >
        {boxes.map((box) => (
          <Accordion.Item key={box.id} value={String(box.id)}>
            <Accordion.Control>
              <Text size="sm" fw={500}>
                {nameOf(box, boxes)}
              </Text>
              <Text size="xs" c="dimmed" lineClamp={1}>
                {box.prompt || `${box.width} × ${box.height} %, at ${box.left} and ${box.top} %`}
              </Text>
            </Accordion.Control>
            <Accordion.Panel>
              <BoxFields
                box={box}
                name={nameOf(box, boxes)}
                onChange={(changed) => change(box.id, changed)}
                onRemove={() => remove(box.id)}
              />
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
      {faults.length + hints.length > 0 && (
        <Alert color={faults.length > 0 ? "orange" : "blue"} role="status" p="xs">
          <List size="sm">
            {[...faults, ...hints].map((words) => (
              <List.Item key={words}>{words}</List.Item>
            ))}
          </List>
        </Alert>
      )}
    </Stack>
  );
}
