/** As the browser's: whoever holds the lock keeps it until what it does has ended. */
export function locks() {
  const queues = new Map<string, Promise<unknown>>();
  return {
    request(name: string, ...rest: unknown[]) {
      const action = rest.at(-1) as () => Promise<unknown>;
      const { signal } = rest.length > 1 ? (rest[0] as { signal?: AbortSignal }) : {};
      const before = queues.get(name) ?? Promise.resolve();
      const turn = before.then(() => {
        if (signal?.aborted) throw new DOMException("Given up.", "AbortError");
        return action();
      });
      queues.set(
        name,
        turn.catch(() => undefined),
      );
      return turn;
    },
  };
}
