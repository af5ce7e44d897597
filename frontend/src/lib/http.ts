/**
 * Sends every request to the API: adds the access token, refreshes an expired token once and
 * repeats the request, and turns every failure into a Problem.
 */
import { takeEarlyResponse } from "@/lib/earlyResponse";
import { problemOf, unansweredProblem } from "@/lib/problem";
import { currentSession, refreshSession } from "@/lib/session";

const WITHOUT_TOKEN = new Set(["/api/login", "/api/register", "/api/refresh", "/api/logout"]);
const TIMEOUT_MILLISECONDS = 20_000;
const LEEWAY_MILLISECONDS = 5_000;

export async function http(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const response = await sendWithToken(request);
  if (response.ok) return response;
  throw await problemOf(response);
}

async function sendWithToken(request: Request): Promise<Response> {
  if (WITHOUT_TOKEN.has(new URL(request.url).pathname)) return send(request);
  await refreshIfAboutToExpire();
  const used = currentSession()?.token ?? null;
  const response = await send(withToken(request.clone(), used));
  if (response.status !== 401 || used === null) return response;
  await refreshSession(used);
  const renewed = currentSession()?.token;
  return renewed ? send(withToken(request, renewed)) : response;
}

async function refreshIfAboutToExpire(): Promise<void> {
  const session = currentSession();
  if (session && session.expiresAt - Date.now() < LEEWAY_MILLISECONDS) {
    await refreshSession(session.token);
  }
}

function withToken(request: Request, token: string | null): Request {
  if (token) request.headers.set("Authorization", `Bearer ${token}`);
  return request;
}

async function send(request: Request): Promise<Response> {
  const isStream = request.headers.get("Accept") === "text/event-stream";
  const timeout = isStream ? [] : [AbortSignal.timeout(TIMEOUT_MILLISECONDS)];
  const signal = AbortSignal.any([request.signal, ...timeout]);
  const wasOffline = !navigator.onLine;
  try {
    return (await takeEarlyResponse(request)) ?? (await fetch(request, { signal }));
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw unansweredProblem(request.method, { timedOut: signal.aborted, wasOffline });
  }
}
