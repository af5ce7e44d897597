/**
 * Who is signed in: the access token lives in this module's memory and nowhere else. The refresh
 * token is an HttpOnly cookie; tabs hand a new access token to each other as a message.
 */
import { Problem, problemOf } from "@/lib/problem";
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
const HEARD_MILLISECONDS = 50;
const MARKERS = new Set(["__Host-shop-signed-in", `shop-signed-in-${location.port}`]);

export const sessionStore = createStore<SessionState>({ status: "unknown" });
const channel = new BroadcastChannel("kiosk-session");
let refreshing: Promise<void> | null = null;

channel.onmessage = ({ data }: MessageEvent<Message>) => {
  if (data.type === "session") enter(data.session);
  else leave();
};

/** Find out at the start of the page whether there is a session to take up again. */
export async function resumeSession(): Promise<void> {
  if (!hasMarker()) return leave();
  try {
    await refreshSession(null);
  } catch {
    // The shop is away: a visitor can still look round, and the next request tries again.
    leave();
  }
}

/** Take over a token that was just issued, in every tab. */
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

/** Whether the browser holds a session's cookie, as its readable marker tells. */
export function hasMarker(): boolean {
  return document.cookie.split("; ").some((pair) => MARKERS.has(pair.split("=")[0] ?? ""));
}

/**
 * Get a new token in place of a stale one; callers at the same moment share one request.
 *
 * Throws a Problem when the server could not be asked; a session that is over is no error.
 */
export function refreshSession(stale: string | null): Promise<void> {
  refreshing ??= withLock(() => refreshUnlessDone(stale)).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function refreshUnlessDone(stale: string | null): Promise<void> {
  const session = currentSession();
  // While this tab waited for the lock, another one may have done it.
  if (session && session.token !== stale) return;
  const response = await askForToken();
  if (response.status === 401) return endSession();
  if (!response.ok) throw await problemOf(response);
  const { access_token }: { access_token: string } = await response.json();
  startSession(access_token);
}

async function askForToken(): Promise<Response> {
  try {
    return await fetch("/api/refresh", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: "{}",
    });
  } catch {
    throw new Problem({ title: "You are offline", detail: "The shop can't be reached." });
  }
}

function withLock(action: () => Promise<void>): Promise<void> {
  if (!("locks" in navigator)) return action();
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(LOCK, async () => {
        await action().then(resolve, reject);
        // The lock may reach the next tab before the message with the token does.
        await new Promise((heard) => setTimeout(heard, HEARD_MILLISECONDS));
      })
      .catch(reject);
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
  const bytes = Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0));
  const claims: Claims = JSON.parse(new TextDecoder().decode(bytes));
  // By this computer's clock, which need not be the server's.
  const expiresAt = Date.now() + (claims.exp - claims.iat) * 1000;
  return { token, email: claims.email, role: claims.role, expiresAt };
}
