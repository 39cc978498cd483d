import { expect, test } from "vitest";
import { consistencyVerdict, distanceVerdict } from "./alike";

const alike = { total: 0.1, palette_delta_e: 1, stroke_ratio: 1.05, size_ratio: 1.02, centring: 0.01 };

test("an icon like the others is told so", () => {
  expect(distanceVerdict(alike)).toEqual({ figure: "0.10", isGood: true, words: "Looks like the others" });
});

test("what stands out is told with what most sets it apart", () => {
  expect(distanceVerdict({ ...alike, total: 0.5, stroke_ratio: 3 }).words).toBe(
    "Differs a little, most by the weight of its strokes",
  );
  expect(distanceVerdict({ ...alike, total: 1.2, palette_delta_e: 31 }).words).toBe(
    "Stands out, most by its colours",
  );
  expect(
    distanceVerdict({ total: 0.9, palette_delta_e: 9, stroke_ratio: null, size_ratio: null, centring: null })
      .words,
  ).toBe("Stands out, most by its colours");
});

test("a set's score is told in words", () => {
  expect(consistencyVerdict(0.82)).toEqual({
    figure: "82 %",
    isGood: true,
    words: "They look like one family.",
  });
  expect(consistencyVerdict(0.6).words).toMatch(/go together/);
  expect(consistencyVerdict(0.3).words).toMatch(/different sets/);
});
