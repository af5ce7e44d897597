import { describe, expect, it } from "vitest";
import { Problem } from "./problem";
import { createQueryClient } from "./queryClient";

describe("failed query", () => {
  it.each([
    ["a lost connection", { status: 0 }, 3],
    ["an unavailable service", { status: 503 }, 3],
    ["a time-out of the gateway", { status: 504 }, 1],
    ["a time-out here", { type: "about:timeout", status: 0 }, 1],
    ["a missing page", { status: 404 }, 1],
  ])("after %s is tried %o, %i times", async (_, document, tries) => {
    let count = 0;
    const query = {
      queryKey: ["any"],
      retryDelay: 0,
      queryFn: () => {
        count += 1;
        throw new Problem(document);
      },
    };
    await expect(createQueryClient().fetchQuery({ ...query, ...retryOf() })).rejects.toThrow();
    expect(count).toBe(tries);
  });
});

/** Return the default that `useQuery` has and `fetchQuery` does not use. */
function retryOf() {
  const { retry } = createQueryClient().getDefaultOptions().queries ?? {};
  return retry === undefined ? {} : { retry };
}
