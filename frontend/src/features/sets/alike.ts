import type { Distance } from "@/lib/sets";

export type Verdict = {
  figure: string;
  isGood: boolean;
  words: string;
};

// A distance counts 1 where an icon is plainly another; a score is e to the power of minus the mean distance.
const fits = 0.35;
const plain = 0.7;

// As deployments/pixels/consistency.py weighs them: what is plainly seen when icons stand side by side.
const parts: { words: string; share: (distance: Distance) => number }[] = [
  { words: "its colours", share: ({ palette_delta_e }) => palette_delta_e / 10 },
  { words: "the weight of its strokes", share: ({ stroke_ratio }) => Math.log2(stroke_ratio ?? 1) },
  { words: "its size", share: ({ size_ratio }) => Math.log(size_ratio ?? 1) / Math.log(1.4) },
  { words: "where it lies", share: ({ centring }) => (centring ?? 0) / 0.1 },
];

function mostOf(distance: Distance): string {
  const first = { words: "", share: Number.NEGATIVE_INFINITY };
  return parts.reduce((most, { words, share }) => {
    const own = share(distance);
    return own > most.share ? { words, share: own } : most;
  }, first).words;
}

/** How far one icon is from the others of its set. */
export function distanceVerdict(distance: Distance): Verdict {
  const { total } = distance;
  const figure = total.toFixed(2);
  if (total < fits) return { figure, isGood: true, words: "Looks like the others" };
  const degree = total < plain ? "Differs a little" : "Stands out";
  return { figure, isGood: false, words: `${degree}, most by ${mostOf(distance)}` };
}

/** How alike all of them are. */
export function consistencyVerdict(score: number): Verdict {
  const figure = `${Math.round(100 * score)} %`;
  if (score > Math.exp(-fits)) return { figure, isGood: true, words: "They look like one family." };
  const words =
    score > Math.exp(-plain)
      ? "They go together; draw again what stands out."
      : "They look like different sets; draw again what stands out, or let all take after one.";
  return { figure, isGood: false, words };
}
