import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { addLine, cartStore } from "@/features/cart/cartStore";
import { openPage } from "@/lib/openPage";
import { startSession } from "@/lib/session";
import {
  aDueTransfer,
  anAdminOrder,
  anOrder,
  aParcelDelivery,
  aPayment,
  aProduct,
  aShipment,
  aToken,
  MUG_ID,
  ORDER_ID,
} from "@/testing/data";
import { openShop } from "@/testing/render";
import {
  gate,
  json,
  mockOrderStream,
  problem,
  productPage,
  recordRequests,
  server,
} from "@/testing/server";

vi.mock("@/lib/openPage", () => ({ openPage: vi.fn() }));
const leave = vi.mocked(openPage);
const ADDRESS = `/orders/${ORDER_ID}`;
const accepted = anOrder({
  status: "ACCEPTED",
  history: [...anOrder().history, { status: "ACCEPTED", at: "2026-01-01T00:00:01Z" }],
});

function serveOrder(order = anOrder()) {
  server.use(http.get("*/api/orders/:id", () => HttpResponse.json(order)));
}

beforeEach(() => startSession(aToken()));

describe("order page", () => {
  it("changes from Placed to Accepted without a reload", async () => {
    // Given
    serveOrder();
    mockOrderStream(`event: order\nid: 7\ndata: ${JSON.stringify(accepted)}\n\n`);

    // When
    openShop(ADDRESS);

    // Then
    expect(await screen.findByRole("heading", { level: 1, name: /Accepted/ })).toBeVisible();
    expect(screen.getByText("All items in your order are reserved for you.")).toBeVisible();
  });

  it("shows why each line was rejected and adds available items to the cart", async () => {
    // Given
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
    serveOrder(rejected);

    // When
    const { user } = openShop(ADDRESS);

    // Then
    expect(await screen.findByText("Only 0 of lamp were left.")).toBeVisible();

    // When
    await user.click(screen.getByRole("button", { name: "Add available items to cart" }));

    // Then
    await vi.waitFor(() =>
      expect(cartStore.get().lines).toMatchObject([{ id: MUG_ID, quantity: 2 }]),
    );
  });

  it("asks for a confirmation before cancelling", async () => {
    // Given
    serveOrder(accepted);
    const cancel = vi.fn(() =>
      HttpResponse.json(anOrder({ status: "CANCELLED" }), { status: 202 }),
    );
    server.use(http.post("*/api/orders/:id/cancel", cancel));
    const { user } = openShop(ADDRESS);

    // When
    await user.click(await screen.findByRole("button", { name: "Cancel order" }));

    // Then
    const dialog = await screen.findByRole("dialog", { name: "Cancel this order?" });
    expect(dialog).toHaveTextContent("returns its items to stock");
    expect(cancel).not.toHaveBeenCalled();

    // When
    await user.click(screen.getAllByRole("button", { name: "Cancel order" }).at(-1) ?? dialog);

    // Then
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledTimes(1));
  });

  it("shows 'not found' for another user's order", async () => {
    server.use(http.get("*/api/orders/:id", () => problem(404, "not-found", "No.")));
    openShop(ADDRESS);
    expect(await screen.findByRole("heading", { name: "Order not found" })).toBeVisible();
  });

  it("shows the history with times and the next status", async () => {
    // Given
    serveOrder();
    const stream = mockOrderStream();

    // When
    openShop(ADDRESS);
    const steps = () =>
      screen.getAllByRole("listitem").filter((item) => item.closest(".time-line"));
    await screen.findByRole("heading", { level: 1, name: /Placed/ });

    // Then
    expect(steps().map((step) => step.textContent)).toEqual([
      expect.stringMatching(/^Placed\d\d:\d\d:\d\d$/),
      "Acceptedshortly",
    ]);
    await waitFor(() => expect(stream.connections).toHaveLength(1));

    // When
    stream.send(`event: order\nid: 7\ndata: ${JSON.stringify(accepted)}\n\n`);

    // Then
    await screen.findByRole("heading", { level: 1, name: /Accepted/ });
    const [, last] = steps();
    expect(last).toHaveTextContent(/^Accepted\d\d:\d\d:01$/);
    expect(last?.querySelector("time")).toHaveAttribute("datetime", "2026-01-01T00:00:01Z");
  });

  it("shows the date, customer and total", async () => {
    // Given
    serveOrder(accepted);

    // When
    openShop(ADDRESS);

    // Then
    const summary = await screen.findByRole("region", { name: "Summary" });
    expect(summary).toHaveTextContent("Total€29.00");
    expect(within(summary).getByText("ada@example.com")).toBeVisible();
    expect(within(summary).getByText("1 Jan 2026")).toHaveAttribute(
      "datetime",
      "2026-01-01T00:00:00Z",
    );
    expect(screen.queryByRole("button", { name: "Add available items to cart" })).toBeNull();
  });

  it("shows an error and can be retried", async () => {
    // Given
    recordRequests(
      "get",
      "*/api/orders/:id",
      () => problem(503, "unavailable", "Orders are unavailable."),
      json(accepted),
    );

    // When
    const { user } = openShop(ADDRESS);

    // Then
    expect(await screen.findByText("Orders are unavailable.")).toBeVisible();

    // When
    await user.click(screen.getByRole("button", { name: "Try again" }));

    // Then
    expect(await screen.findByRole("heading", { level: 1, name: /Accepted/ })).toBeVisible();
  });

  it("focuses its heading after loading", async () => {
    // Given
    const arrived = gate();
    recordRequests("get", "*/api/orders", json({ orders: [accepted], next_cursor: null }));
    recordRequests("get", "*/api/orders/:id", async () => {
      await arrived.opened;
      return HttpResponse.json(accepted);
    });
    const { user } = openShop("/orders");

    // When
    await user.click(await screen.findByRole("link", { name: "2 × mug" }));

    // Then
    expect(await screen.findByRole("status", { name: "Loading" })).toBeVisible();

    // When
    arrived.open();

    // Then
    const heading = await screen.findByRole("heading", { level: 1, name: /Accepted/ });
    await waitFor(() => expect(heading).toHaveFocus());
  });
});

describe("payment and delivery", () => {
  const parcel = { ...accepted, delivery: aParcelDelivery(), total: 33.9 };
  const due = { ...parcel, payment: aDueTransfer(33.9) };
  const qr = () => new HttpResponse("<svg/>", { headers: { "Content-Type": "image/svg+xml" } });

  it("shows what to transfer, to copy and to scan", async () => {
    // Given
    serveOrder(due);
    const pictures = recordRequests("get", "*/api/orders/:id/payment-qr", qr);

    // When
    const { user } = openShop(ADDRESS);

    // Then
    expect(await screen.findByText("Transfer €33.90 by 5 December 2026.")).toBeVisible();
    const details = screen.getByRole("region", { name: "Pay by bank transfer" });
    expect(within(details).getByText("DE02 1203 0000 0000 2020 51")).toBeVisible();
    expect(within(details).getByText("€33.90")).toBeVisible();
    expect(await within(details).findByRole("img", { name: /QR code/ })).toHaveAttribute(
      "src",
      "data:image/svg+xml,%3Csvg%2F%3E",
    );
    expect(pictures).toHaveLength(1);

    // When
    await user.click(within(details).getByRole("button", { name: "Copy IBAN" }));

    // Then
    expect(await within(details).findByText("IBAN copied")).toBeInTheDocument();
    expect(await navigator.clipboard.readText()).toBe("DE02120300000000202051");

    // When
    await user.click(within(details).getByRole("button", { name: "Copy Amount" }));

    // Then
    expect(await navigator.clipboard.readText()).toBe("33.90");
  });

  it("shows the bank details if there is no QR code", async () => {
    serveOrder(due);
    const pictures = recordRequests("get", "*/api/orders/:id/payment-qr", () =>
      problem(404, "not-found", "No transfer in euros is due."),
    );
    openShop(ADDRESS);
    const details = await screen.findByRole("region", { name: "Pay by bank transfer" });
    await waitFor(() => expect(pictures).toHaveLength(1));
    expect(within(details).getByText("Kiosk Ltd")).toBeVisible();
    expect(within(details).queryByRole("img")).toBeNull();
  });

  it("shows number, contact, address, note and every sum", async () => {
    // Given
    const payment = aPayment({
      method: "TRANSFER",
      state: "PAID",
      captured: 40,
      refund_requested: 6.1,
      refunded: 1,
    });
    const contact = { name: "Ann Lee", email: "ada@example.com", phone: "+49 30 1234" };
    serveOrder({ ...parcel, payment, contact, note: "Ring twice." });

    // When
    openShop(ADDRESS);

    // Then
    const summary = await screen.findByRole("region", { name: "Summary" });
    for (const text of [
      "7K3Q9ZDM",
      "Ann Lee, +49 30 1234",
      "Unter den Linden 1 10117 Berlin Germany",
      "Bank transfer",
      "Ring twice.",
      "Items€29.00",
      "Parcel€4.90",
      "Total€33.90",
      "Paid€40.00",
      "To be paid back€5.10",
      "Paid back€1.00",
    ]) {
      expect(summary).toHaveTextContent(text);
    }
    expect(document.title).toBe("Order 7K3Q9ZDM to ship · Kiosk");
    expect(screen.queryByRole("region", { name: "Pay by bank transfer" })).toBeNull();
    expect(screen.queryByRole("heading", { name: "Shipments" })).toBeNull();
  });

  it("shows shipments, and what cannot be delivered, and cannot be cancelled any more", async () => {
    // Given
    serveOrder({
      ...parcel,
      can_cancel: false,
      payment: aPayment({ method: "TRANSFER", state: "PAID", captured: 33.9 }),
      fulfilment: {
        state: "SHIPPED",
        shipments: [aShipment(), aShipment({ id: "s2", carrier: "Bike", tracking_url: "" })],
        closed: [{ product_id: MUG_ID, quantity: 1, reason: "Broken" }],
      },
    });

    // When
    openShop(ADDRESS);

    // Then
    const shipments = await screen.findByRole("region", { name: "Shipments" });
    expect(within(shipments).getByRole("link", { name: "Track this shipment" })).toHaveAttribute(
      "href",
      "https://carrier.example/0034",
    );
    expect(within(shipments).getByText("Bike 0034")).toBeVisible();
    expect(within(shipments).getAllByText("1 × mug")).toHaveLength(2);
    expect(screen.getByText("1 can't be delivered: Broken")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Cancel order" })).toBeNull();
  });

  it("leads to the page of the provider, and shows the payment a moment later", async () => {
    // Given
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const open = { ...parcel, payment: aPayment({ method: "CARD", state: "DUE", open: 33.9 }) };
    const paid = aPayment({ method: "CARD", state: "PAID", captured: 33.9 });
    recordRequests(
      "get",
      "*/api/orders/:id",
      json(open),
      json(open),
      json({ ...open, payment: paid }),
    );
    const pages = recordRequests(
      "post",
      "*/api/orders/:id/pay",
      () => problem(503, "provider-unavailable", "The payment provider does not answer."),
      json({ url: "https://pay.example/1" }),
    );
    openShop(ADDRESS);

    // When
    const button = await screen.findByRole("button", { name: "Pay €33.90 now" });
    fireEvent.click(button);

    // Then
    expect(await screen.findByText("The payment provider does not answer.")).toBeVisible();
    expect(leave).not.toHaveBeenCalled();

    // When
    fireEvent.click(button);

    // Then
    await waitFor(() => expect(leave.mock.calls[0]?.[0]).toBe("https://pay.example/1"));
    expect(pages).toHaveLength(2);
    expect(button).toBeDisabled();
    expect(await screen.findByText("We are packing your order.")).toBeVisible();
    expect(screen.queryByRole("region", { name: "Pay by card" })).toBeNull();
  });

  it("says that what was paid will be paid back before it is cancelled", async () => {
    serveOrder({ ...parcel, payment: aPayment({ state: "PAID", captured: 33.9 }) });
    const { user } = openShop(ADDRESS);
    await user.click(await screen.findByRole("button", { name: "Cancel order" }));
    expect(await screen.findByRole("dialog")).toHaveTextContent(
      "This cancels your order of €33.90 and returns its items to stock. What was paid will be paid back. You can't undo this.",
    );
  });
});

describe("another user's order for an admin", () => {
  beforeEach(() => startSession(aToken({ email: "root@example.com", role: "admin" })));

  it("is shown within the administration", async () => {
    // Given
    serveOrder(accepted);
    recordRequests("get", "*/api/admin/orders/:id", json(anAdminOrder(accepted)));

    // When
    openShop(ADDRESS);

    // Then
    expect(await screen.findByRole("navigation", { name: "Administration" })).toBeVisible();
    expect(location.pathname).toBe(`/admin${ADDRESS}`);
  });

  it("is polled, because the stream has only the user's own orders", async () => {
    // Given
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const stream = mockOrderStream();
    recordRequests(
      "get",
      "*/api/admin/orders/:id",
      json(anAdminOrder()),
      json(anAdminOrder(accepted)),
    );

    // When
    openShop(`/admin${ADDRESS}`);

    // Then
    await screen.findByRole("heading", { level: 1, name: /Placed/ });
    expect(await screen.findByRole("heading", { level: 1, name: /Accepted/ })).toBeVisible();
    expect(stream.connections).toEqual([]);
  });

  it("cannot be added to the cart", async () => {
    // Given
    const rejected = { status: "REJECTED", reason: "There was not enough stock." } as const;
    serveOrder(anOrder(rejected));
    recordRequests("get", "*/api/admin/orders/:id", json(anAdminOrder(rejected)));

    // When
    openShop(ADDRESS);

    // Then
    await screen.findByText("There was not enough stock.");
    expect(screen.queryByRole("button", { name: "Add available items to cart" })).toBeNull();
  });
});

describe("cancellation", () => {
  const cancelled = anOrder({ status: "CANCELLED", cancel_confirmed: true });

  async function ask(user: ReturnType<typeof openShop>["user"]) {
    await user.click(await screen.findByRole("button", { name: "Cancel order" }));
    return within(await screen.findByRole("dialog", { name: "Cancel this order?" }));
  }

  it("is not sent if the user keeps the order", async () => {
    // Given
    serveOrder(accepted);
    const sent = recordRequests("post", "*/api/orders/:id/cancel", json({}));
    const { user } = openShop(ADDRESS);

    // When
    const question = await ask(user);
    await user.click(question.getByRole("button", { name: "Keep order" }));

    // Then
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(sent).toEqual([]);
    expect(screen.getByRole("button", { name: "Cancel order" })).toHaveFocus();
  });

  it("shows the new status and focuses the heading", async () => {
    // Given
    recordRequests("get", "*/api/orders/:id", json(accepted), json(cancelled));
    const sent = recordRequests(
      "post",
      "*/api/orders/:id/cancel",
      json(cancelled, { status: 202 }),
    );
    const { user } = openShop(ADDRESS);

    // When
    const question = await ask(user);
    await user.dblClick(question.getByRole("button", { name: "Cancel order" }));

    // Then
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(screen.getByText(/its items are back in stock/)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Cancel order" })).toBeNull();
    await waitFor(() =>
      expect(screen.getByRole("heading", { level: 1, name: /Cancelled/ })).toHaveFocus(),
    );
    expect(sent.map((request) => request.path)).toEqual([
      `${ADDRESS.replace("/", "/api/")}/cancel`,
    ]);
  });

  it("keeps a refusal readable after the page updates", async () => {
    // Given
    const rejected = anOrder({ status: "REJECTED", reason: "There was not enough stock." });
    recordRequests("get", "*/api/orders/:id", json(accepted), json(rejected));
    recordRequests("post", "*/api/orders/:id/cancel", () =>
      problem(409, "not-cancellable", "The order is rejected and can't be cancelled."),
    );
    const { user } = openShop(ADDRESS);

    // When
    const question = await ask(user);
    await user.click(question.getByRole("button", { name: "Cancel order" }));

    // Then
    await screen.findByText("There was not enough stock.");
    expect(question.getByRole("alert")).toHaveTextContent("can't be cancelled.");
    expect(question.queryByRole("button", { name: "Cancel order" })).toBeNull();

    // When
    await user.click(question.getByText("Close", { selector: ".modal-footer button" }));

    // Then
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });
});

describe("reorder", () => {
  const rejected = anOrder({ status: "REJECTED", reason: "There was not enough stock." });
  const reorder = { name: "Add available items to cart" };

  it("adds what is available and nothing more on a second click", async () => {
    // Given
    serveOrder(rejected);
    recordRequests("get", "*/api/products", json(productPage([aProduct({ quantity: 1 })])));
    const { user } = openShop(ADDRESS);

    // When
    await user.click(await screen.findByRole("button", reorder));

    // Then
    const cart = await screen.findByRole("dialog", { name: "Your cart" });
    expect(within(cart).getByText("mug")).toBeVisible();
    expect(cartStore.get().lines).toMatchObject([{ id: MUG_ID, quantity: 1 }]);

    // When
    await user.keyboard("{Escape}");
    await user.click(screen.getByRole("button", reorder));

    // Then
    await screen.findByRole("dialog", { name: "Your cart" });
    expect(cartStore.get().lines).toMatchObject([{ id: MUG_ID, quantity: 1 }]);
  });

  it("tops up a line that is in the cart", async () => {
    // Given
    serveOrder(rejected);
    addLine(aProduct(), 1);
    const { user } = openShop(ADDRESS);

    // When
    await user.click(await screen.findByRole("button", reorder));

    // Then
    await screen.findByRole("dialog", { name: "Your cart" });
    expect(cartStore.get().lines).toMatchObject([{ id: MUG_ID, quantity: 2 }]);
  });

  it("reports if nothing is available and leaves the cart unchanged", async () => {
    // Given
    serveOrder(rejected);
    recordRequests("get", "*/api/products", json(productPage([aProduct({ archived: true })])));
    const { user } = openShop(ADDRESS);

    // When
    await user.click(await screen.findByRole("button", reorder));

    // Then
    expect(await screen.findByText("None of these items are available right now.")).toBeVisible();
    expect(cartStore.get().lines).toEqual([]);
    expect(screen.queryByRole("dialog")).toBeNull();
  });
});
