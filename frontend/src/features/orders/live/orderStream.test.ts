import { HttpResponse, http } from "msw";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { anOrder, aToken } from "@/testing/data";
import { fakeLocks } from "@/testing/fakeLocks";
import { mockOrderStream, server } from "@/testing/server";

const accepted = anOrder({ status: "ACCEPTED" });
const event = (id: string, order = accepted) =>
  `event: order\nid: ${id}\ndata: ${JSON.stringify(order)}\n\n`;

/** Each tab has its own modules. All tabs share the locks and channels. */
async function openTab(token = aToken()) {
  vi.resetModules();
  const { startSession, endSession } = await import("@/lib/session");
  const { watchOrders, liveStore } = await import("./orderStream");
  startSession(token);
  const statuses: string[] = [];
  let leave = () => {};
  return {
    statuses,
    endSession,
    startSession,
    isLive: liveStore.get,
    watch() {
      leave = watchOrders((orders) => statuses.push(...orders.map((order) => order.status)));
      tabs.push(leave);
    },
    leave: () => leave(),
  };
}
const tabs: (() => void)[] = [];

beforeEach(() => {
  Object.defineProperty(navigator, "locks", { value: fakeLocks(), configurable: true });
});

afterEach(() => {
  for (const leave of tabs.splice(0)) leave();
  Reflect.deleteProperty(navigator, "locks");
});

describe("two tabs", () => {
  it("share one stream and both receive its events", async () => {
    // Given
    const stream = mockOrderStream();
    const [first, second] = [await openTab(), await openTab()];

    // When
    first.watch();

    // Then
    await vi.waitFor(() => expect(first.isLive()).toBe(true));

    // When
    second.watch();

    // Then
    await vi.waitFor(() => expect(second.isLive()).toBe(true));

    // When
    stream.send(event("7"));

    // Then
    await vi.waitFor(() =>
      expect([first.statuses, second.statuses]).toEqual([["ACCEPTED"], ["ACCEPTED"]]),
    );
    expect(stream.connections).toEqual([null]);
  });

  it("hand the stream over and continue after the last event", async () => {
    // Given
    const stream = mockOrderStream();
    const [first, second] = [await openTab(), await openTab()];

    // When
    first.watch();

    // Then
    await vi.waitFor(() => expect(first.isLive()).toBe(true));

    // When
    second.watch();
    stream.send(event("7"));

    // Then
    await vi.waitFor(() => expect(second.statuses).toEqual(["ACCEPTED"]));

    // When
    first.leave();

    // Then
    await vi.waitFor(() => expect(stream.connections).toEqual([null, "7"]));
    await vi.waitFor(() => expect(second.isLive()).toBe(true));

    // When
    stream.send(event("8", anOrder({ status: "CANCELLED" })));

    // Then
    await vi.waitFor(() => expect(second.statuses).toEqual(["ACCEPTED", "CANCELLED"]));
    expect(first.statuses).toEqual(["ACCEPTED"]);
  });
});

describe("order stream", () => {
  it("closes when nobody watches and reopens for the next watcher", async () => {
    // Given
    const stream = mockOrderStream(event("7"));

    // When
    const tab = await openTab();

    // Then
    expect(stream.connections).toEqual([]);

    // When
    tab.watch();

    // Then
    await vi.waitFor(() => expect(tab.statuses).toHaveLength(1));

    // When
    tab.leave();

    // Then
    expect(tab.isLive()).toBe(false);
    await vi.waitFor(() => expect(stream.openCount()).toBe(0));

    // When
    tab.watch();

    // Then
    await vi.waitFor(() => expect(stream.connections).toEqual([null, "7"]));
  });

  it("reconnects after the last event when it ends", async () => {
    // Given
    const stream = mockOrderStream();
    const tab = await openTab();

    // When
    tab.watch();

    // Then
    await vi.waitFor(() => expect(tab.isLive()).toBe(true));

    // When
    stream.send(event("7"));

    // Then
    await vi.waitFor(() => expect(tab.statuses).toHaveLength(1));

    // When
    stream.end();

    // Then
    await vi.waitFor(() => expect(tab.isLive()).toBe(false));
    await vi.waitFor(() => expect(stream.connections).toEqual([null, "7"]), 5_000);
    await vi.waitFor(() => expect(tab.isLive()).toBe(true));
  });

  it("leaves the tab without live updates if it is unavailable", async () => {
    // Given
    const requests = vi.fn(() => HttpResponse.error());
    server.use(http.get("*/api/orders/stream", requests));
    const tab = await openTab();

    // When
    tab.watch();

    // Then
    await vi.waitFor(() => expect(requests).toHaveBeenCalled());
    expect(tab.isLive()).toBe(false);
    expect(tab.statuses).toEqual([]);
  });

  it("starts without an event id for the next user", async () => {
    // Given
    const stream = mockOrderStream();
    const tab = await openTab();

    // When
    tab.watch();

    // Then
    await vi.waitFor(() => expect(tab.isLive()).toBe(true));

    // When
    stream.send(event("7"));

    // Then
    await vi.waitFor(() => expect(tab.statuses).toHaveLength(1));

    // When
    tab.leave();
    tab.endSession();
    tab.startSession(aToken({ email: "ben@example.com" }));
    tab.watch();

    // Then
    await vi.waitFor(() => expect(stream.connections).toEqual([null, null]));
  });

  it("is opened per tab if the browser has no locks", async () => {
    // Given
    Reflect.deleteProperty(navigator, "locks");
    const stream = mockOrderStream();
    const tab = await openTab();

    // When
    tab.watch();

    // Then
    await vi.waitFor(() => expect(tab.isLive()).toBe(true));

    // When
    stream.send(`event: snapshot\nid: 3\ndata: ${JSON.stringify({ orders: [accepted] })}\n\n`);

    // Then
    await vi.waitFor(() => expect(tab.statuses).toEqual(["ACCEPTED"]));
  });
});
