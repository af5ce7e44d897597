import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { anOrder, ORDER_ID } from "@/testing/data";
import { orderQuery } from "../api/getOrder";
import { ordersQuery } from "../api/listOrders";
import { applyOrders, newer } from "./applyOrders";
import { ordersOf } from "./orderStream";

const placed = anOrder();
const accepted = anOrder({
  status: "ACCEPTED",
  history: [...placed.history, { status: "ACCEPTED", at: "2026-01-01T00:00:01Z" }],
});

describe("stream update", () => {
  it("appears on the order page and in the list", () => {
    // Given
    const queries = new QueryClient();
    queries.setQueryData(orderQuery(ORDER_ID).queryKey, placed);
    queries.setQueryData(ordersQuery.queryKey, {
      pages: [{ orders: [placed], next_cursor: null }],
      pageParams: [""],
    });

    // When
    applyOrders(queries, [accepted]);

    // Then
    expect(queries.getQueryData(orderQuery(ORDER_ID).queryKey)).toEqual(accepted);
    expect(queries.getQueryData(ordersQuery.queryKey)?.pages[0]?.orders).toEqual([accepted]);
  });

  it("never replaces a newer state, in either order", () => {
    expect(newer(accepted, placed)).toBe(accepted);
    expect(newer(placed, accepted)).toBe(accepted);
  });

  it("keeps a confirmed cancellation", () => {
    const cancelled = anOrder({ status: "CANCELLED" });
    const confirmed = anOrder({ status: "CANCELLED", cancel_confirmed: true });
    expect(newer(cancelled, confirmed)).toBe(confirmed);
    expect(newer(confirmed, cancelled)).toBe(confirmed);
  });
});

describe("stream event", () => {
  it("carries several orders as a snapshot and one as an update", () => {
    expect(ordersOf("snapshot", JSON.stringify({ orders: [placed, accepted] }))).toHaveLength(2);
    expect(ordersOf("order", JSON.stringify(accepted))).toEqual([accepted]);
  });

  it("is ignored if its type is unknown", () => {
    expect(ordersOf("something", "not even JSON")).toEqual([]);
  });
});
