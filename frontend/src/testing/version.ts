import type { components } from "@/client/schema";

export type Version = components["schemas"]["ModelVersion"];

/** A candidate, with `fields` in the place of its own. */
export function version(fields: Partial<Version> = {}): Version {
  return {
    id: "house@5e6f7a8b",
    object: "model.version",
    model: "house",
    kind: "lora",
    status: "candidate",
    share: null,
    created_at: 1_790_000_000,
    title: "House",
    license: "CC0-1.0",
    trigger: "hse",
    base: "starter@ab12cd34",
    rank: 8,
    bytes: 1_000,
    sha256: "0".repeat(64),
    metrics: {},
    gates: [],
    has_samples: false,
    ...fields,
  };
}

export function versions(...data: Version[]): Response {
  return Response.json({ object: "list", data });
}
