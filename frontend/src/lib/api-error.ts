import type { components } from "@/client/schema";

type ErrorEnvelope = components["schemas"]["ErrorEnvelope"];

/** A refused or failed API call. `status` is 0 when no answer came at all. */
export class ApiError extends Error {
  readonly status: number;
  /** The request field the server blames, by its API name. */
  readonly param: string | null;
  /** What an administrator finds in the server's log. */
  readonly requestId: string | null;

  constructor(message: string, status: number, param: string | null = null, requestId: string | null = null) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.param = param;
    this.requestId = requestId;
  }

  /** Whether asking again could change the answer. */
  get isPassing(): boolean {
    return this.status < 400 || this.status >= 500 || this.status === 429;
  }
}

export function isErrorEnvelope(body: unknown): body is ErrorEnvelope {
  if (typeof body !== "object" || body === null || !("error" in body)) return false;
  const { error } = body;
  return (
    typeof error === "object" && error !== null && "message" in error && typeof error.message === "string"
  );
}

export function toApiError(body: unknown, response: Response): ApiError {
  const requestId = response.headers.get("x-request-id");
  if (isErrorEnvelope(body))
    return new ApiError(body.error.message, response.status, body.error.param ?? null, requestId);
  return new ApiError(
    `The server answered with status ${response.status}.`,
    response.status,
    null,
    requestId,
  );
}
