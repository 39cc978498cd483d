import type { Version } from "./versions";

type Metrics = Version["metrics"];

export type Measured = {
  name: string;
  /** Which way is better, in few words. */
  goal: string;
  /** Of this version, of the model without it, and of what was live then; with an interval where there is one. */
  figures: string[];
  /** By how much it is better than each of the other two. */
  gains: string[];
};

const measures: { key: string; name: string; goal: string }[] = [
  { key: "clip_i", name: "Likeness to its pictures (CLIP-I)", goal: "higher is better" },
  { key: "kid", name: "Distance from its pictures (KID)", goal: "lower is better" },
  { key: "clip_t", name: "Fit to the prompt (CLIP-T)", goal: "higher is better" },
  { key: "nearest", name: "Likeness to the nearest picture", goal: "near 1 it copies" },
  { key: "copies", name: "Share of copies", goal: "lower is better" },
];

/** What else was drawn with the same prompts and seeds. */
const others = ["base", "live"];

function figure(value: number | undefined): string {
  return value === undefined ? "" : value.toPrecision(3);
}

function withInterval(metrics: Metrics, name: string, suffix = ""): string {
  const value = figure(metrics[`${name}${suffix}`]);
  const [low, high] = ["low", "high"].map((end) => figure(metrics[`${name}_${end}${suffix}`]));
  return value && low && high ? `${value} (${low} to ${high})` : value;
}

export function wasLiveMeasured(metrics: Metrics): boolean {
  return Object.keys(metrics).some((name) => name.endsWith("_live"));
}

/** What its training measured, in the order of what counts; empty where nothing was. */
export function measuredOf(metrics: Metrics): Measured[] {
  const compared = others.filter((other) => other === "base" || wasLiveMeasured(metrics));
  return measures
    .filter(({ key }) => metrics[key] !== undefined)
    .map(({ key, name, goal }) => ({
      name,
      goal,
      figures: ["", ...compared.map((other) => `_${other}`)].map((suffix) =>
        withInterval(metrics, key, suffix),
      ),
      gains: compared.map((other) => withInterval(metrics, `${key}_gain`, `_${other}`)),
    }));
}
