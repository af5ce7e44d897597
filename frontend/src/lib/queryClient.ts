import { QueryClient } from "@tanstack/react-query";
import { asProblem } from "@/lib/problem";

const MAX_RETRIES = 2;

/** Whether a failure may be temporary, so that a retry makes sense. */
function isTemporary(error: Error): boolean {
  const { status } = asProblem(error);
  return status === 0 || status === 429 || status >= 500;
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        gcTime: 10 * 60_000,
        retry: (count, error) => count < MAX_RETRIES && isTemporary(error),
        retryDelay: (attempt) => 400 * 2 ** attempt,
      },
    },
  });
}
