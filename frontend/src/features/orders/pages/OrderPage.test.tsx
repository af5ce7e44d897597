import { screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { cartStore } from "@/features/cart/cartStore";
import { startSession } from "@/lib/session";
import { anOrder, aToken, MUG_ID, ORDER_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { problem, server } from "@/testing/server";

const ADDRESS = `/orders/${ORDER_ID}`;
const accepted = anOrder({
  status: "ACCEPTED",
  history: [...anOrder().history, { status: "ACCEPTED", at: "2026-01-01T00:00:01Z" }],
});

function thereIs(order = anOrder()) {
  server.use(http.get("*/api/orders/:id", () => HttpResponse.json(order)));
}

/** A stream that tells each event and stays open. */
function streamTells(...events: string[]) {
  server.use(
    http.get("*/api/orders/stream", () => {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          for (const event of events) controller.enqueue(new TextEncoder().encode(event));
        },
      });
      return new HttpResponse(body, { headers: { "Content-Type": "text/event-stream" } });
    }),
  );
}

beforeEach(() => startSession(aToken()));

describe("an order's page", () => {
  it("turns from Placed to Accepted without a reload", async () => {
    thereIs();
    streamTells(": hello\n\n", `event: order\nid: 7\ndata: ${JSON.stringify(accepted)}\n\n`);
    openShop(ADDRESS);
    expect(await screen.findByRole("heading", { level: 1, name: /Accepted/ })).toBeVisible();
    expect(screen.getByText("Everything in your order is set aside for you.")).toBeVisible();
  });

  it("gives the reason of a rejection by line, and puts the rest back", async () => {
    const [line] = anOrder().products;
    const rejected = anOrder({
      status: "REJECTED",
      products: [
        {
          product_id: "d".repeat(24),
          name: "lamp",
          price: 5,
          quantity: 1,
          reason: "Only 0 of lamp were left.",
        },
        ...(line ? [line] : []),
      ],
    });
    thereIs(rejected);
    const { user } = openShop(ADDRESS);
    expect(await screen.findByText("Only 0 of lamp were left.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Put the rest back into my cart" }));
    await vi.waitFor(() =>
      expect(cartStore.get().lines).toMatchObject([{ id: MUG_ID, quantity: 2 }]),
    );
  });

  it("asks before it cancels, and says what happens", async () => {
    thereIs(accepted);
    const cancel = vi.fn(() =>
      HttpResponse.json(anOrder({ status: "CANCELLED" }), { status: 202 }),
    );
    server.use(http.post("*/api/orders/:id/cancel", cancel));
    const { user } = openShop(ADDRESS);
    await user.click(await screen.findByRole("button", { name: "Cancel order" }));
    const dialog = await screen.findByRole("dialog", { name: "Cancel this order?" });
    expect(dialog).toHaveTextContent("go back on the shelf");
    expect(cancel).not.toHaveBeenCalled();
    await user.click(screen.getAllByRole("button", { name: "Cancel order" }).at(-1) ?? dialog);
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledTimes(1));
  });

  it("of someone else is not there", async () => {
    server.use(http.get("*/api/orders/:id", () => problem(404, "not-found", "No.")));
    openShop(ADDRESS);
    expect(await screen.findByRole("heading", { name: "There is no such order" })).toBeVisible();
  });
});
