/**
 * Live status changes of orders, with one stream for all tabs of a browser. The tab that holds the
 * lock reads the stream and broadcasts its events. When that tab closes, the next one continues
 * after the last event.
 */
import { EventSourceParserStream } from "eventsource-parser/stream";
import type { OrderBody } from "@/api";
import { http } from "@/lib/http";
import { currentSession, sessionStore } from "@/lib/session";
import { createStore } from "@/lib/store";

type Message =
  | { type: "orders"; orders: OrderBody[]; lastEventId: string }
  | { type: "live"; isLive: boolean }
  | { type: "hello" };

const PATH = "/api/orders/stream";
const LOCK = "kiosk-order-stream";
const FIRST_WAIT_MILLISECONDS = 1_000;
const MAX_WAIT_MILLISECONDS = 15_000;

/** Whether a tab is connected to the stream. */
export const liveStore = createStore(false);

const channel = new BroadcastChannel("kiosk-orders");
const listeners = new Set<(orders: OrderBody[]) => void>();
let lastEventId = "";
let isLeader = false;
let membership: AbortController | null = null;

channel.onmessage = ({ data }: MessageEvent<Message>) => {
  if (data.type === "hello" && isLeader) broadcastLive(liveStore.get());
  // The leader ignores late messages from the previous leader.
  if (data.type === "live" && !isLeader) liveStore.set(data.isLive);
  if (data.type === "orders") {
    lastEventId = data.lastEventId;
    for (const listener of listeners) listener(data.orders);
  }
};

/** Listen to changes of the user's orders until the returned function is called. */
export function watchOrders(listener: (orders: OrderBody[]) => void): () => void {
  listeners.add(listener);
  if (listeners.size === 1) join();
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) leave();
  };
}

// Event ids belong to one user's events, so the next user starts without one.
sessionStore.subscribe(() => {
  if (!currentSession()) lastEventId = "";
});

function join(): void {
  const controller = new AbortController();
  membership = controller;
  channel.postMessage({ type: "hello" } satisfies Message);
  whenLeading(controller.signal, () => lead(controller.signal)).catch(() => {
    // The tab stopped watching before it got the lock.
  });
}

function whenLeading(signal: AbortSignal, action: () => Promise<void>): Promise<void> {
  if (!("locks" in navigator)) return action();
  return navigator.locks.request(LOCK, { signal }, action);
}

function leave(): void {
  membership?.abort();
  membership = null;
  liveStore.set(false);
}

async function lead(signal: AbortSignal): Promise<void> {
  isLeader = true;
  let wait = FIRST_WAIT_MILLISECONDS;
  while (!signal.aborted && currentSession()) {
    const wasConnected = await listen(signal).catch(() => false);
    broadcastLive(false);
    wait = wasConnected ? FIRST_WAIT_MILLISECONDS : Math.min(wait * 2, MAX_WAIT_MILLISECONDS);
    await pause(wait, signal);
  }
  isLeader = false;
}

/** Read one connection to its end. The server closes it when the token expires. */
async function listen(signal: AbortSignal): Promise<boolean> {
  const response = await http(new URL(PATH, location.origin), {
    signal,
    headers: {
      Accept: "text/event-stream",
      ...(lastEventId ? { "Last-Event-ID": lastEventId } : {}),
    },
  });
  if (!response.body) return false;
  broadcastLive(true);
  const events = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  try {
    for (let next = await events.read(); !next.done; next = await events.read()) {
      if (next.value.id !== undefined) lastEventId = next.value.id;
      broadcast(ordersOf(next.value.event, next.value.data));
    }
  } catch {
    // The connection was lost; the next one continues after the last event.
  }
  return true;
}

export function ordersOf(event: string | undefined, data: string): OrderBody[] {
  if (event === "snapshot") return (JSON.parse(data) as { orders: OrderBody[] }).orders;
  if (event === "order") return [JSON.parse(data) as OrderBody];
  return [];
}

function broadcast(orders: OrderBody[]): void {
  if (orders.length === 0) return;
  for (const listener of listeners) listener(orders);
  channel.postMessage({ type: "orders", orders, lastEventId } satisfies Message);
}

function broadcastLive(isLive: boolean): void {
  liveStore.set(isLive);
  channel.postMessage({ type: "live", isLive } satisfies Message);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
