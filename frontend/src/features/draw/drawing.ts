import type { Generation } from "@/lib/generations";
import type { GenerationEvent } from "./follow-generation";

/** A generation under way, as its events tell it. */
export type Drawing = {
  generation: Generation;
  /** The newest preview of each image, as a `data:` URL. */
  previews: Record<number, string>;
  /** The share of each image's steps that is done, 0 to 1. */
  shares: Record<number, number>;
  queue: { position: number; eta_s: number | null } | null;
  /** When the first step was told and how much was done then, to tell how long the rest takes. */
  start: { at_ms: number; progress: number } | null;
  now_ms: number;
};

export function begin(generation: Generation): Drawing {
  const { queue_position, eta_s } = generation;
  const queue = queue_position === null ? null : { position: queue_position, eta_s };
  return { generation, previews: {}, shares: {}, queue, start: null, now_ms: 0 };
}

/** Of all images, 0 to 1. */
export function progressOf({ generation, shares }: Drawing): number {
  const finished = new Set(generation.images.map((image) => image.index));
  const done = generation.seeds.map((_, index) => (finished.has(index) ? 1 : (shares[index] ?? 0)));
  return done.reduce((sum, share) => sum + share, 0) / done.length;
}

/** At the pace since the first step; null before there is a pace. */
export function remaining_s(drawing: Drawing): number | null {
  if (!drawing.start) return null;
  const progress = progressOf(drawing);
  const done = progress - drawing.start.progress;
  if (done <= 0) return null;
  return ((1 - progress) * (drawing.now_ms - drawing.start.at_ms)) / done / 1000;
}

type Told = { event: GenerationEvent; at_ms: number };

export function follow(drawing: Drawing, { event, at_ms }: Told): Drawing {
  switch (event.type) {
    case "generation.queue":
      return { ...drawing, queue: { position: event.queue_position, eta_s: event.eta_s } };
    case "generation.preview": {
      const previews = {
        ...drawing.previews,
        [event.image_index]: `data:image/png;base64,${event.b64_json}`,
      };
      return { ...drawing, previews };
    }
    case "generation.step": {
      const shares = { ...drawing.shares, [event.image_index]: event.step / event.num_steps };
      const stepped = { ...drawing, shares, queue: null, now_ms: at_ms };
      return { ...stepped, start: drawing.start ?? { at_ms, progress: progressOf(stepped) } };
    }
    default: {
      const { generation } = event;
      return { ...drawing, generation, queue: begin(generation).queue };
    }
  }
}
