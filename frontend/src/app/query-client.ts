import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/lib/api-error";
import { endSession, isSignedIn } from "@/lib/session";

const maxRetries = 2;

/** A key or cookie that the server stopped accepting ends the session; a refused sign-in has none to end. */
function endRefusedSession(error: Error): void {
  if (error instanceof ApiError && error.status === 401 && isSignedIn()) endSession(error.message);
}

function isWorthRetrying(failureCount: number, error: Error): boolean {
  const isRefusal = error instanceof ApiError && !error.isPassing;
  return !isRefusal && failureCount < maxRetries;
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: endRefusedSession }),
    mutationCache: new MutationCache({ onError: endRefusedSession }),
    defaultOptions: { queries: { retry: isWorthRetrying } },
  });
}
