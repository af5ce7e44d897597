/** A fake of the browser's locks: a holder keeps a lock until its action ends. */
export function fakeLocks() {
  const queues = new Map<string, Promise<unknown>>();
  return {
    request(name: string, ...rest: unknown[]) {
      const action = rest.at(-1) as () => Promise<unknown>;
      const { signal } = rest.length > 1 ? (rest[0] as { signal?: AbortSignal }) : {};
      const previous = queues.get(name) ?? Promise.resolve();
      const result = previous.then(() => {
        if (signal?.aborted) throw new DOMException("The request was aborted.", "AbortError");
        return action();
      });
      queues.set(
        name,
        result.catch(() => undefined),
      );
      return result;
    },
  };
}
