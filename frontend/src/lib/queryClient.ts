import { QueryClient } from "@tanstack/react-query";
import { asProblem } from "@/lib/problem";

const MAX_RETRIES = 2;

/** Whether a retry may succeed soon. After a time-out, the user has waited long enough. */
function isTemporary(error: Error): boolean {
  const { status, isTimeout } = asProblem(error);
  return !isTimeout && (status === 0 || status === 429 || status >= 500);
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
      // A change that is made offline fails at once. It does not wait and happen by surprise later.
      mutations: { networkMode: "always" },
    },
  });
}
