import type { ImageSet, ImageSetItem } from "@/lib/sets";
import { generation } from "./generation";

const alike = { total: 0.1, palette_delta_e: 1, stroke_ratio: 1.1, size_ratio: 1.1, centring: 0.01 };
const scores = {
  separation: 0.9,
  background_purity: 1,
  centring_offset: 0.01,
  margin: 0.2,
  outside_safe_zone: 0,
  contrast_ratio: 4,
  legibility_16px: 0.8,
  palette_delta_e: null,
};

/** A finished item of a set, with `fields` in the place of its own. */
export function setItem(subject: string, fields: Partial<ImageSetItem> = {}): ImageSetItem {
  const { id, images, size } = generation({ id: `gen_${subject}` });
  return {
    id: `item_${subject}`,
    position: 0,
    subject,
    prompt: `a flat ${subject}`,
    status: "completed",
    progress: 1,
    generation_id: id,
    seed: 7,
    size,
    images,
    error: null,
    scores,
    distance: alike,
    ...fields,
  };
}

/** As the server has it before it is drawn. */
export function waitingItem(subject: string): ImageSetItem {
  return setItem(subject, { status: "queued", progress: 0, images: [], scores: null, distance: null });
}

export function imageSet(items: ImageSetItem[], fields: Partial<ImageSet> = {}): ImageSet {
  const completed = items.filter((item) => item.images.length > 0);
  const isUnderWay = items.some((item) => item.status === "queued");
  return {
    id: "set_1",
    object: "image.set",
    kind: "icon",
    name: "Shop",
    template: "a flat {subject}",
    created_at: 1_790_000_000,
    status: isUnderWay ? "in_progress" : "completed",
    num_items: items.length,
    num_completed: completed.length,
    progress: completed.length / items.length,
    drawing: {},
    hero: null,
    items,
    consistency_score: completed.length > 1 ? 0.82 : null,
    ...fields,
  };
}

export function listedSets(...data: ImageSet[]): Response {
  return Response.json({ object: "list", data, has_more: false, last_id: null });
}
