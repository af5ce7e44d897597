/**
 * The session of the signed-in user. The access token is kept only in this module's memory; the
 * refresh token is an HttpOnly cookie. Tabs send new access tokens to each other as messages.
 */
import { withLock } from "@/lib/lock";
import { problemOf, unansweredProblem } from "@/lib/problem";
import { createStore } from "@/lib/store";

export type Role = "user" | "admin";

export interface Session {
  token: string;
  email: string;
  role: Role;
  expiresAt: number;
}

export type SessionState =
  | { status: "unknown" }
  | { status: "visitor" }
  | { status: "signed-in"; session: Session };

type Message = { type: "session"; session: Session } | { type: "signed-out" };

const LOCK = "kiosk-refresh";
const MESSAGE_DELAY_MILLISECONDS = 50;
// In development the name ends with a port that may differ from that of the page, such as behind a
// port forwarder. The marker of another shop on this host only costs a refresh that finds no session.
const MARKER = /^(__Host-shop-signed-in|shop-signed-in-\d+)=/;

export const sessionStore = createStore<SessionState>({ status: "unknown" });
const channel = new BroadcastChannel("kiosk-session");
let refreshing: Promise<void> | null = null;

channel.onmessage = ({ data }: MessageEvent<Message>) => {
  if (data.type === "session") enter(data.session);
  else leave();
};

/** Restore the session when the page loads, if the browser has one. */
export async function resumeSession(): Promise<void> {
  if (!hasMarker()) return leave();
  try {
    await refreshSession(null);
  } catch {
    // The shop is unavailable. Visitors can still browse, and the next sign-in tries again.
    leave();
  }
}

/** Use a newly issued token in every tab. */
export function startSession(token: string): void {
  const session = sessionOf(token);
  enter(session);
  channel.postMessage({ type: "session", session } satisfies Message);
}

/** Forget the token, in every tab. */
export function endSession(): void {
  leave();
  channel.postMessage({ type: "signed-out" } satisfies Message);
}

export function currentSession(): Session | null {
  const state = sessionStore.get();
  return state.status === "signed-in" ? state.session : null;
}

/** Whether the browser has a session cookie. Scripts can't read it, only the marker beside it. */
export function hasMarker(): boolean {
  return document.cookie.split("; ").some((pair) => MARKER.test(pair));
}

/**
 * Replace a stale token. Concurrent callers share one request.
 *
 * Throws a Problem if the server can't be reached. An expired session is not an error.
 */
export function refreshSession(stale: string | null): Promise<void> {
  refreshing ??= refreshAlone(() => refreshIfStale(stale)).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function refreshIfStale(stale: string | null): Promise<void> {
  const session = currentSession();
  // Another tab may have refreshed the token while this one waited for the lock.
  if (session && session.token !== stale) return;
  const response = await requestToken();
  if (response.status === 401) return endSession();
  if (!response.ok) throw await problemOf(response);
  const { access_token }: { access_token: string } = await response.json();
  startSession(access_token);
}

async function requestToken(): Promise<Response> {
  try {
    return await fetch("/api/refresh", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: "{}",
    });
  } catch {
    // A new token changes nothing that the user could see.
    throw unansweredProblem("GET");
  }
}

function refreshAlone(action: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    withLock(LOCK, async () => {
      await action().then(resolve, reject);
      // The next tab may get the lock before it gets the message with the token.
      await new Promise((resume) => setTimeout(resume, MESSAGE_DELAY_MILLISECONDS));
    }).catch(reject);
  });
}

function enter(session: Session): void {
  sessionStore.set({ status: "signed-in", session });
}

function leave(): void {
  if (sessionStore.get().status !== "visitor") sessionStore.set({ status: "visitor" });
}

interface Claims {
  email: string;
  role: Role;
  iat: number;
  exp: number;
}

function sessionOf(token: string): Session {
  const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
  const claims: Claims = JSON.parse(new TextDecoder().decode(bytes));
  // The clocks of this computer and of the server may differ, so only the lifetime counts.
  const expiresAt = Date.now() + (claims.exp - claims.iat) * 1000;
  return { token, email: claims.email, role: claims.role, expiresAt };
}
