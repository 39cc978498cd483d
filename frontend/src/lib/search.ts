import type { GalleryFilters, Kind, Status } from "./generations";

// What pages read from their address. Whatever else stands there is left out.

export type OpenSearch = { open?: string; image?: number };
export type DrawSearch = OpenSearch & {
  /** A generation whose fields the form takes over, all but its seed. */
  like?: string;
  seed?: number;
  /** An image to start from. */
  start?: string;
  startImage?: number;
  /** An image whose look is taken. */
  style?: string;
  styleImage?: number;
};

type Search = Record<string, unknown>;

const kinds: Kind[] = ["icon", "splash"];

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function whole(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : undefined;
}

export function readOpenSearch(search: Search): OpenSearch {
  return { open: text(search.open), image: whole(search.image) };
}

export function readDrawSearch(search: Search): DrawSearch {
  const start = { start: text(search.start), startImage: whole(search.startImage) };
  const style = { style: text(search.style), styleImage: whole(search.styleImage) };
  return { ...readOpenSearch(search), like: text(search.like), seed: whole(search.seed), ...start, ...style };
}

export type SetSearch = OpenSearch & {
  /** Of the set; absent: an icon set. */
  kind?: Kind;
};

export function readSetSearch(search: Search): SetSearch {
  return { ...readOpenSearch(search), kind: kinds.find((one) => one === search.kind) };
}

export type StylesTab = "trained" | "training";
export type StylesSearch = { tab?: StylesTab; job?: string; version?: string };

const stylesTabs: StylesTab[] = ["trained", "training"];

export function readStylesSearch(search: Search): StylesSearch {
  const tab = stylesTabs.find((one) => one === search.tab);
  return { tab, job: text(search.job), version: text(search.version) };
}

const statuses: Status[] = ["queued", "in_progress", "completed", "failed", "cancelled", "expired"];
export function readGallerySearch(search: Search): OpenSearch & GalleryFilters {
  const status = statuses.find((one) => one === search.status);
  const model = kinds.find((one) => one === search.model);
  return { ...readOpenSearch(search), model, status };
}
