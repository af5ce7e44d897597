import { QueryClient } from "@tanstack/react-query";
import { asProblem } from "@/lib/problem";

const MOST_RETRIES = 2;

/** Only what may pass by itself is asked for again. */
function isPassing(error: Error): boolean {
  const { status } = asProblem(error);
  return status === 0 || status === 429 || status >= 500;
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        gcTime: 10 * 60_000,
        retry: (count, error) => count < MOST_RETRIES && isPassing(error),
        retryDelay: (attempt) => 400 * 2 ** attempt,
      },
    },
  });
}
