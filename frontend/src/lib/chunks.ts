/**
 * Pages are loaded in chunks when they are first opened. That fails while the browser is offline,
 * and after a release that has removed the chunks of the version that is open.
 */
import { reloadPage } from "./reloadPage";

const RELOADED_AT = "kiosk-reloaded-at";
const RELOAD_PAUSE_MILLISECONDS = 60_000;
const failures = new WeakSet<Error>();

addEventListener("vite:preloadError", ({ payload }) => failures.add(payload));

export function isChunkError(error: unknown): boolean {
  return error instanceof Error && failures.has(error);
}

/** Whether the page may reload by itself. It does so once a minute at most, never in a loop. */
export function mayReload(): boolean {
  try {
    const reloadedAt = Number(sessionStorage.getItem(RELOADED_AT) ?? 0);
    return Date.now() - reloadedAt > RELOAD_PAUSE_MILLISECONDS;
  } catch {
    return false;
  }
}

/** Load the open page again, with the current release. */
export function reload(): void {
  try {
    sessionStorage.setItem(RELOADED_AT, String(Date.now()));
  } catch {
    // Without storage, the page only reloads when the user asks for it.
  }
  reloadPage();
}
