import createClient from "openapi-fetch";
import type { paths } from "@/client/schema";
import { ApiError, toApiError } from "./api-error";
import { readApiKey } from "./session";

// The routes that can stream are read here as JSON.
export const api = createClient<paths, "application/json">({
  baseUrl: window.location.origin,
  // Looked up at each call, so that tests can stand in for the network.
  fetch: (request) => globalThis.fetch(request),
});

api.use({
  onRequest({ request }) {
    const apiKey = readApiKey();
    if (apiKey && !request.headers.has("Authorization"))
      request.headers.set("Authorization", `Bearer ${apiKey}`);
    return request;
  },
  onError() {
    return new ApiError("The server cannot be reached.", 0);
  },
});

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The body of a successful call; an `ApiError` otherwise. */
export async function unwrap<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (data === undefined) throw toApiError(error, response);
  return data;
}

/** The end of a successful call that answers nothing; an `ApiError` otherwise. */
export async function settle(call: Promise<Answer<unknown>>): Promise<void> {
  const { error, response } = await call;
  if (!response.ok) throw toApiError(error, response);
}
