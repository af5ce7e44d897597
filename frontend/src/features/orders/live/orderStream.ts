/**
 * Status changes as they happen: one stream for all tabs of a browser. The tab that holds the lock
 * listens to the server and hands on what it hears; when it goes, the next in the queue takes over
 * where it stopped.
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
const LONGEST_WAIT_MILLISECONDS = 15_000;

/** Whether some tab is connected just now. */
export const liveStore = createStore(false);

const channel = new BroadcastChannel("kiosk-orders");
const listeners = new Set<(orders: OrderBody[]) => void>();
let lastEventId = "";
let isLeading = false;
let leaving: AbortController | null = null;

channel.onmessage = ({ data }: MessageEvent<Message>) => {
  if (data.type === "hello" && isLeading) tellLive(liveStore.get());
  // The one that leads knows better than what the one before it still said.
  if (data.type === "live" && !isLeading) liveStore.set(data.isLive);
  if (data.type === "orders") {
    lastEventId = data.lastEventId;
    for (const listener of listeners) listener(data.orders);
  }
};

/** Listen to changes of one's own orders until the returned function is called. */
export function watchOrders(listener: (orders: OrderBody[]) => void): () => void {
  listeners.add(listener);
  if (listeners.size === 1) join();
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) leave();
  };
}

// The place is one in a person's own events: who signs in next begins anew.
sessionStore.subscribe(() => {
  if (!currentSession()) lastEventId = "";
});

function join(): void {
  const controller = new AbortController();
  leaving = controller;
  channel.postMessage({ type: "hello" } satisfies Message);
  whenLeading(controller.signal, () => lead(controller.signal)).catch(() => {
    // It left the queue before its turn came.
  });
}

function whenLeading(signal: AbortSignal, action: () => Promise<void>): Promise<void> {
  if (!("locks" in navigator)) return action();
  return navigator.locks.request(LOCK, { signal }, action);
}

function leave(): void {
  leaving?.abort();
  leaving = null;
  liveStore.set(false);
}

async function lead(signal: AbortSignal): Promise<void> {
  isLeading = true;
  let wait = FIRST_WAIT_MILLISECONDS;
  while (!signal.aborted && currentSession()) {
    const wasConnected = await listen(signal).catch(() => false);
    tellLive(false);
    wait = wasConnected ? FIRST_WAIT_MILLISECONDS : Math.min(wait * 2, LONGEST_WAIT_MILLISECONDS);
    await pause(wait, signal);
  }
  isLeading = false;
}

/** Read one connection to its end, which comes with the token's at the latest. */
async function listen(signal: AbortSignal): Promise<boolean> {
  const response = await http(new URL(PATH, location.origin), {
    signal,
    headers: {
      Accept: "text/event-stream",
      ...(lastEventId ? { "Last-Event-ID": lastEventId } : {}),
    },
  });
  if (!response.body) return false;
  tellLive(true);
  const events = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  try {
    for (let next = await events.read(); !next.done; next = await events.read()) {
      if (next.value.id !== undefined) lastEventId = next.value.id;
      handOn(ordersOf(next.value.event, next.value.data));
    }
  } catch {
    // The connection broke; the next one goes on from the last id.
  }
  return true;
}

export function ordersOf(event: string | undefined, data: string): OrderBody[] {
  if (event === "snapshot") return (JSON.parse(data) as { orders: OrderBody[] }).orders;
  if (event === "order") return [JSON.parse(data) as OrderBody];
  return [];
}

function handOn(orders: OrderBody[]): void {
  if (orders.length === 0) return;
  for (const listener of listeners) listener(orders);
  channel.postMessage({ type: "orders", orders, lastEventId } satisfies Message);
}

function tellLive(isLive: boolean): void {
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
