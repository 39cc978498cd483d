import { expect, test } from "vitest";
import type { CompositionTemplate } from "@/lib/models";
import { canAdd, inside, type LayoutBox, newBox, placeAfterKey, toBoxes, toLayout } from "./boxes";
import { faultsOf, hintsOf } from "./faults";
import { safePart, screenFor, shownPart } from "./screen";
import { arrange } from "./templates";

function box(fields: Partial<LayoutBox>): LayoutBox {
  const place = { left: 10, top: 10, width: 30, height: 20 };
  return { id: 1, kind: "region", prompt: "a lighthouse", strength: 50, ...place, ...fields };
}

test("boxes become the layout that the API takes", () => {
  const boxes = [
    box({ id: 1, prompt: " a lighthouse ", strength: 80 }),
    box({ id: 2, kind: "copy_space", left: 0, top: 0, width: 100, height: 25, prompt: "" }),
    box({ id: 3, kind: "logo_box", left: 7, top: 40, width: 93, height: 10, prompt: "" }),
  ];

  expect(toLayout(boxes)).toEqual({
    regions: [{ box: [0.1, 0.1, 0.3, 0.2], prompt: "a lighthouse", strength: 0.8 }],
    copy_space: [0, 0, 1, 0.25],
    logo_box: [0.07, 0.4, 0.93, 0.1],
  });
  expect(toLayout([])).toEqual({});
  expect(toLayout(toBoxes(toLayout(boxes)))).toEqual(toLayout(boxes));
  expect(toBoxes({})).toEqual([]);
});

test("what is dragged out of the picture stays at its edge", () => {
  expect(inside({ left: -7.4, top: 95, width: 30, height: 20 })).toMatchObject({ left: 0, top: 80 });
  expect(inside({ left: 50, top: 50, width: 130, height: 0 })).toEqual({
    left: 0,
    top: 50,
    width: 100,
    height: 4,
  });
});

test("arrow keys move a box, with Shift its right and lower edges, and neither out of the picture", () => {
  const place = box({ left: 70, top: 0 });
  expect(placeAfterKey(place, "ArrowLeft", false)).toMatchObject({ left: 69, top: 0, width: 30 });
  expect(placeAfterKey(place, "ArrowUp", false)).toMatchObject({ left: 70, top: 0 });
  expect(placeAfterKey(place, "ArrowRight", true)).toMatchObject({ left: 70, width: 30 });
  expect(placeAfterKey(place, "ArrowDown", true)).toMatchObject({ top: 0, height: 21 });
  expect(placeAfterKey(place, "Enter", false)).toBeNull();
});

test("there are eight regions at most, one copy space and one logo box", () => {
  let boxes: LayoutBox[] = [];
  for (let count = 0; count < 8; count += 1) boxes = [...boxes, newBox(boxes, "region")];
  boxes = [...boxes, newBox(boxes, "copy_space")];

  expect(canAdd(boxes, "region")).toBe(false);
  expect(canAdd(boxes, "copy_space")).toBe(false);
  expect(canAdd(boxes, "logo_box")).toBe(true);
  expect(new Set(boxes.map(({ id }) => id)).size).toBe(9);
  expect(boxes.every((one) => one.left + one.width <= 100 && one.top + one.height <= 100)).toBe(true);
});

test("what would be refused is said in words", () => {
  expect(faultsOf([box({})])).toEqual([]);
  expect(faultsOf([box({ left: 82 })])).toEqual([
    "Region 1 reaches 12 % beyond the right edge of the picture: move it or make it smaller.",
  ]);
  expect(faultsOf([box({}), box({ id: 2, prompt: " " })])).toEqual([
    "Region 2 has no words: say what it shows.",
  ]);
  const calm = { kind: "copy_space", prompt: "" } as const;
  expect(faultsOf([box(calm), box({ id: 2, kind: "logo_box", left: 39 })])).toEqual([
    "The logo box lies on the copy space: move one of them.",
  ]);
  expect(faultsOf([box(calm), box({ id: 2, kind: "logo_box", left: 40 })])).toEqual([]);
  expect(faultsOf([box({ ...calm, height: 0 })])).toEqual(["Copy space has no area: make it larger."]);
});

test("a template fills the boxes for the picture's shape, and keeps the words of regions", () => {
  const calm = {
    copy_space: [0.1, 0.1, 0.8, 0.3],
    logo_box: null,
    horizon: null,
    regions: [[0.2, 0.5, 0.6, 0.4]],
  };
  const template: CompositionTemplate = {
    name: "copy_top",
    version: 1,
    use: "text at the top",
    arrangements: {
      portrait: calm,
      landscape: { ...calm, copy_space: null, logo_box: [0.1, 0.1, 0.3, 0.2] },
    },
  };
  const before = [
    box({ id: 1, prompt: "boat" }),
    box({ id: 2, kind: "logo_box", prompt: "" }),
    box({ id: 3 }),
  ];

  expect(toLayout(arrange(template, 0.5, before))).toEqual({
    copy_space: [0.1, 0.1, 0.8, 0.3],
    regions: [
      { box: [0.2, 0.5, 0.6, 0.4], prompt: "boat", strength: 0.5 },
      { box: [0.1, 0.1, 0.3, 0.2], prompt: "a lighthouse", strength: 0.5 },
    ],
  });
  expect(toLayout(arrange(template, 2, []))).toEqual({ logo_box: [0.1, 0.1, 0.3, 0.2] });
});

test("a wide picture is cut at the sides of a phone, and the safe area lies in what is left", () => {
  const square = screenFor(1);
  expect(shownPart(square).width).toBeCloseTo((100 * 393) / 852);
  expect(shownPart(square).height).toBe(100);
  expect(safePart(square).top).toBeCloseTo((100 * 59) / 852);
  expect(shownPart(screenFor(352 / 192)).width).toBe(100);

  const hidden = box({ kind: "logo_box", left: 0, prompt: "" });
  expect(hintsOf([hidden], square)[0]).toContain("Logo box reaches out of the safe area");
  expect(hintsOf([{ ...hidden, left: 35 }], square)).toEqual([]);
});
