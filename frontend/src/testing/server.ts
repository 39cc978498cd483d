import { vi } from "vitest";
import type { components } from "@/client/schema";
import type { Generation } from "@/lib/generations";
import { listedSets } from "./image-set";
import { listedStyles } from "./style";

type Schemas = components["schemas"];
type Handler = (request: Request) => Response | Promise<Response>;

export const validKey = "emb_valid";

export const user: Schemas["Me"] = {
  id: "user_1",
  object: "user",
  name: "ada",
  email: null,
  role: "member",
  created_at: "2026-01-01T00:00:00Z",
  disabled_at: null,
  scopes: ["generate", "train"],
};

const icon: Schemas["ModelList"]["data"][number] = {
  id: "icon",
  object: "model",
  created: 0,
  owned_by: "emblem",
  kind: "service",
  status: "ready",
  model_version: "starter@ab12cd34",
  weights: "trained",
  sizes: ["128x128", "256x256"],
  default_size: "256x256",
  control_kinds: [],
  keylines: [
    {
      name: "material",
      version: 1,
      use: "system icons",
      live_shape: "square",
      live_side: 0.8,
      optical_side: 0.7,
      anchor: [0.5, 0.5],
    },
  ],
  templates: [],
};
export const models: Schemas["ModelList"] = {
  object: "list",
  data: [
    icon,
    { ...icon, id: "splash", sizes: ["144x320", "320x144"], default_size: "144x320", keylines: [] },
    {
      id: "house",
      object: "model",
      created: 0,
      owned_by: "emblem",
      kind: "style",
      status: "live",
      model_version: "house@1a2b3c4d",
      trigger: "hse",
    },
  ],
};

const deployment = {
  ready: true,
  reason: null,
  weights: "trained",
  model_version: icon.model_version,
} as const;
export const ready: Schemas["Readiness"] = {
  status: "ready",
  deployments: { icon: deployment, splash: deployment },
};

export function refusal(status: number, message: string, param: string | null = null): Response {
  const envelope: Schemas["ErrorEnvelope"] = {
    error: { message, type: "invalid_request_error", param, code: "refused" },
  };
  return Response.json(envelope, { status });
}

function listModels(request: Request): Response {
  const isKnown = request.headers.get("Authorization") === `Bearer ${validKey}`;
  return isKnown ? Response.json(models) : refusal(401, "Incorrect API key provided.");
}

/** An image that can be sent on: forms here take jsdom's own blobs alone. */
export function picture(): Response {
  return Object.assign(new Response(), { blob: async () => new Blob(["png"]) });
}

/** One event of a generation's stream; only one that is stored has a number. */
export function told(event: { type: string } & Record<string, unknown>, seq?: number): string {
  return `event: ${event.type}\n${seq ? `id: gen_1:${seq}\n` : ""}data: ${JSON.stringify(event)}\n\n`;
}

/** Server-sent events, whose connection is lost behind the last piece. */
export function stream(...pieces: string[]): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

export function listed(...data: Generation[]): Response {
  const list: Schemas["GenerationList"] = { object: "list", data, has_more: false, last_id: null };
  return Response.json(list);
}

/** Stands in for the gateway at the network's edge: `fetch` answers from "METHOD /path" handlers, or fails. */
export function serve(handlers: Record<string, Handler> = {}): void {
  const routes: Record<string, Handler> = {
    "GET /v1/models": listModels,
    "GET /v1/users/me": () => Response.json(user),
    "GET /v1/generations": () => listed(),
    "GET /v1/styles": () => listedStyles(),
    "GET /v1/splash-sets": () => listedSets(),
    "GET /readyz": () => Response.json(ready),
    ...handlers,
  };
  vi.stubGlobal("fetch", async (request: Request) => {
    const route = `${request.method} ${new URL(request.url).pathname}`;
    const handler = routes[route];
    if (!handler) throw new Error(`no handler for ${route}`);
    return handler(request);
  });
}
