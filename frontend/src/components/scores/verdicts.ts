import type { Scores } from "@/lib/scores";

export type Verdict = {
  name: string;
  figure: string;
  isGood: boolean;
  /** What the figure means for the icon, in plain words. */
  words: string;
};

const percent = (share: number) => `${Math.round(share * 100)} %`;

type Measure = {
  name: string;
  show: (value: number) => string;
  isGood: (value: number) => boolean;
  good: string;
  poor: string;
};

// The bounds are those of the guidelines that deployments/pixels names beside each measure.
const measures: Partial<Record<keyof Scores, Measure>> = {
  contrast_ratio: {
    name: "Contrast",
    show: (value) => `${value.toFixed(1)} : 1`,
    isGood: (value) => value >= 3,
    good: "The subject stands out (WCAG asks 3 : 1).",
    poor: "The subject hardly stands out (WCAG asks 3 : 1).",
  },
  legibility_16px: {
    name: "Shape at 16 px",
    show: percent,
    isGood: (value) => value >= 0.7,
    good: "Reads well as a favicon.",
    poor: "Much of it is lost as a favicon.",
  },
  centring_offset: {
    name: "Off centre by",
    show: (value) => `${(value * 100).toFixed(1)} %`,
    isGood: (value) => value <= 0.02,
    good: "Nobody sees that it is off.",
    poor: "Looks off centre; an export puts it right.",
  },
  margin: {
    name: "Margin",
    show: percent,
    isGood: (value) => value >= 2 / 24,
    good: "Enough air (Material keeps 8 %).",
    poor: "Too close to the edge (Material keeps 8 %).",
  },
  outside_safe_zone: {
    name: "Cut by a round mask",
    show: percent,
    isGood: (value) => value <= 0.01,
    good: "Nothing is lost in a circle.",
    poor: "A circle cuts some of it off; an export puts it right.",
  },
  background_purity: {
    name: "Even ground",
    show: percent,
    isGood: (value) => value >= 0.9,
    good: "One colour to the edge.",
    poor: "The ground changes along the edge.",
  },
  separation: {
    name: "Told from its ground",
    show: percent,
    isGood: (value) => value >= 0.5,
    good: "Can be cut out for layered icons.",
    poor: "Hard to cut out: it is exported whole.",
  },
  keyline_fill: {
    name: "Size on its keyline",
    show: percent,
    isGood: (value) => Math.abs(value - 1) <= 0.05,
    good: "As large as the keyline wants.",
    poor: "Not of the size that the keyline wants.",
  },
  keyline_offset: {
    name: "Off its keyline by",
    show: (value) => `${(value * 100).toFixed(1)} %`,
    isGood: (value) => value <= 0.02,
    good: "Its optical centre lies on the anchor.",
    poor: "Its optical centre is beside the anchor.",
  },
  palette_distance: {
    name: "Off its palette by",
    show: (value) => `ΔE ${value.toFixed(1)}`,
    isGood: (value) => value <= 2,
    good: "Has the colours of its palette.",
    poor: "Strays from the palette that was asked for.",
  },
  style_similarity: {
    name: "Colours of its style image",
    show: percent,
    isGood: (value) => value >= 0.5,
    good: "Has the colours of the style image.",
    poor: "Has few of its colours; more strength takes more.",
  },
  leakage: {
    name: "Drawn like its style image",
    show: percent,
    isGood: (value) => value <= 0.4,
    good: "No more than such pictures have in common.",
    poor: "What the style image shows came along.",
  },
  palette_delta_e: {
    name: "Off the named colours by",
    show: (value) => `ΔE ${value.toFixed(1)}`,
    isGood: (value) => value <= 6,
    good: "Has the colours that the prompt names.",
    poor: "Strays from the colours that the prompt names.",
  },
};

const order = Object.keys(measures) as (keyof Scores)[];

export function verdictsOf(scores: Scores): Verdict[] {
  return order.flatMap((key) => {
    const measure = measures[key];
    const value = scores[key];
    if (!measure || value === null || value === undefined) return [];
    const isGood = measure.isGood(value);
    return [
      {
        name: measure.name,
        figure: measure.show(value),
        isGood,
        words: isGood ? measure.good : measure.poor,
      },
    ];
  });
}
