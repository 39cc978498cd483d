import type { TrainingEvent } from "./trainings";

export type Loss = { step: number; loss: number };

/** Of each step; a step that was trained again after a break counts as it was last. */
export function lossesOf(events: TrainingEvent[]): Loss[] {
  const byStep = new Map<number, number>();
  for (const { type, data } of events) {
    const { step, loss } = data ?? {};
    if (type === "metrics" && step !== undefined && loss !== undefined) byStep.set(step, loss);
  }
  return [...byStep].map(([step, loss]) => ({ step, loss })).sort((a, b) => a.step - b.step);
}

/** A single step's loss says little; each here is a mean over about the last tenth. */
export function smoothed(losses: Loss[]): Loss[] {
  const share = Math.min(1, 10 / losses.length);
  let mean = losses[0]?.loss ?? 0;
  return losses.map(({ step, loss }) => {
    mean += share * (loss - mean);
    return { step, loss: mean };
  });
}
