/**
 * Run an action while no other tab runs one under the same name.
 *
 * Browsers offer locks only over TLS and on localhost. Elsewhere the action runs at once.
 */
export async function withLock<T>(name: string, action: () => Promise<T>): Promise<T> {
  return "locks" in navigator ? navigator.locks.request(name, action) : action();
}
