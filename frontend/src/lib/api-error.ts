import type { components } from "@/client/schema";

type ErrorEnvelope = components["schemas"]["ErrorEnvelope"];

/** A refused or failed API call. `status` is 0 when no answer came at all. */
export class ApiError extends Error {
  readonly status: number;
  /** The request field the server blames, by its API name. */
  readonly param: string | null;

  constructor(message: string, status: number, param: string | null = null) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.param = param;
  }
}

function isErrorEnvelope(body: unknown): body is ErrorEnvelope {
  if (typeof body !== "object" || body === null || !("error" in body)) return false;
  const { error } = body;
  return (
    typeof error === "object" && error !== null && "message" in error && typeof error.message === "string"
  );
}

export function toApiError(body: unknown, status: number): ApiError {
  if (isErrorEnvelope(body)) return new ApiError(body.error.message, status, body.error.param ?? null);
  return new ApiError(`The server answered with status ${status}.`, status);
}
