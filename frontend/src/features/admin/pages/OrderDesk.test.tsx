import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import type { AdminOrderBody } from "@/api";
import { startSession } from "@/lib/session";
import {
  aDueTransfer,
  anAdminOrder,
  aParcelDelivery,
  aPayment,
  aRefund,
  aShipment,
  aToken,
  BOWL_ID,
  MUG_ID,
  ORDER_ID,
} from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, recordRequests } from "@/testing/server";

const PAGE = `/admin/orders/${ORDER_ID}`;
const parcel = { status: "ACCEPTED", delivery: aParcelDelivery(), total: 33.9 } as const;
const due = anAdminOrder({
  ...parcel,
  payment: aDueTransfer(33.9),
  actions: ["note", "payment", "cancel"],
});
const paid = anAdminOrder({
  ...parcel,
  payment: aPayment({ method: "TRANSFER", state: "PAID", captured: 33.9 }),
  actions: ["note", "payment", "refund", "ship", "cancel"],
});
const collection = anAdminOrder({
  status: "ACCEPTED",
  payment: aPayment({ state: "DUE", open: 29 }),
  actions: ["note", "payment", "cancel"],
});

/** Serve an order, and then what it becomes, and record what is posted to a path. */
function serve(before: AdminOrderBody, path: string, ...after: (() => Response)[]) {
  recordRequests("get", "*/api/admin/orders/:id", json(before));
  return recordRequests("post", `*/api/admin/orders/:id/${path}`, ...after);
}

async function open(button: string) {
  const { user } = openShop(PAGE);
  await user.click(await screen.findByRole("button", { name: button }));
  return { user, dialog: within(await screen.findByRole("dialog")) };
}

beforeEach(() => startSession(aToken({ email: "grace@example.com", role: "admin" })));

describe("actions", () => {
  it.each([
    ["due", due, ["Record payment", "Add note", "Cancel order"]],
    [
      "paid",
      paid,
      ["Ship", "Refund an amount", "Record unexpected payment", "Add note", "Cancel order"],
    ],
    ["to collect", collection, ["Hand over", "Record payment", "Add note", "Cancel order"]],
    [
      "partly shipped",
      anAdminOrder({
        ...paid,
        can_cancel: false,
        actions: ["note", "ship", "close_lines"],
        fulfilment: { state: "PARTLY_SHIPPED", shipments: [aShipment()], closed: [] },
      }),
      ["Ship", "Close the rest", "Add note"],
    ],
    [
      "shipped",
      anAdminOrder({ ...paid, can_cancel: false, actions: ["note", "deliver"] }),
      ["Delivered", "Add note"],
    ],
    [
      "in trouble",
      anAdminOrder({ ...paid, can_cancel: false, actions: ["note"], problem: "Shipped." }),
      ["Resolve problem"],
    ],
  ])("are those possible now: %s", async (_, order, buttons) => {
    recordRequests("get", "*/api/admin/orders/:id", json(order));
    openShop(PAGE);
    const summary = within(await screen.findByRole("region", { name: "Summary" }));
    expect(summary.getAllByRole("button").map((button) => button.textContent)).toEqual(buttons);
    expect(summary.getByRole("link", { name: "Packing slip" })).toHaveAttribute(
      "href",
      `${PAGE}/packing-slip`,
    );
  });
});

describe("recording a payment", () => {
  it("records what is open, once, and shows the order as it is then", async () => {
    // Given
    const sent = serve(due, "payments", () => HttpResponse.error(), json(paid));
    const { user, dialog } = await open("Record payment");

    // Then
    expect(dialog.getByLabelText("Amount")).toHaveValue("33.90");
    expect(dialog.getByLabelText("Received as")).toHaveValue("TRANSFER");
    expect(dialog.getAllByRole("option").map((option) => option.textContent)).toEqual([
      "Bank transfer",
      "Cash",
    ]);
    expect(dialog.getByText("The order is paid then.")).toBeVisible();

    // When
    await user.type(dialog.getByLabelText("Reference (optional)"), "line 7");
    await user.click(dialog.getByRole("button", { name: "Record payment" }));
    await dialog.findByText("We couldn't reach the shop");
    recordRequests("get", "*/api/admin/orders/:id", json(paid));
    await user.click(dialog.getByRole("button", { name: "Record payment" }));

    // Then
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(await screen.findByText("Payment recorded.")).toBeVisible();
    expect(screen.getByText("Ship the order.")).toBeVisible();
    expect(sent.map(({ body }) => body)).toEqual([
      { amount: 33.9, method: "TRANSFER", reference: "line 7" },
      { amount: 33.9, method: "TRANSFER", reference: "line 7" },
    ]);
    const [first, second] = sent.map(({ headers }) => headers.get("Idempotency-Key"));
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(second).toBe(first);
  });

  it("says what another amount means, and shows mistakes at their field", async () => {
    // Given
    const sent = serve(due, "payments", () =>
      problem(422, "validation", "Wrong.", [{ field: "amount", message: "Too much." }]),
    );
    const { user, dialog } = await open("Record payment");
    const amount = dialog.getByLabelText("Amount");

    // When
    await user.clear(amount);
    await user.type(amount, "30,00");

    // Then
    expect(dialog.getByText("€3.90 is still missing then.")).toBeVisible();

    // When
    await user.clear(amount);
    await user.click(dialog.getByRole("button", { name: "Record payment" }));

    // Then
    await waitFor(() => expect(amount).toHaveAccessibleDescription(/^Enter a price/));
    expect(sent).toEqual([]);

    // When
    await user.type(amount, "40");
    expect(dialog.getByText(/^€6.10 of it has to be paid back/)).toBeVisible();
    await user.click(dialog.getByRole("button", { name: "Record payment" }));

    // Then
    await waitFor(() => expect(amount).toHaveAccessibleDescription("Too much."));
    expect(amount).toHaveFocus();
  });

  it("says if the first attempt was recorded although it got no response", async () => {
    serve(due, "payments", () =>
      problem(422, "idempotency-key-reused", "The key was used for another request."),
    );
    const { user, dialog } = await open("Record payment");
    await user.click(dialog.getByRole("button", { name: "Record payment" }));
    expect(await dialog.findByText("Your first attempt was recorded")).toBeVisible();
  });
});

describe("handing over", () => {
  it("records the payment in cash and the collection in one step", async () => {
    const sent = serve(collection, "collected", json(anAdminOrder()));
    const { user, dialog } = await open("Hand over");
    expect(dialog.getByText(/^€29.00 is due/)).toBeVisible();
    await user.click(dialog.getByRole("button", { name: "Record payment and collection" }));
    expect(await screen.findByText("Collection recorded.")).toBeVisible();
    expect(sent[0]?.body).toEqual({ payment: { amount: 29, method: "CASH", reference: "" } });
  });

  it("records only the collection if nothing is due", async () => {
    const order = anAdminOrder({ ...collection, payment: paid.payment, actions: ["collect"] });
    const sent = serve(order, "collected", json(anAdminOrder()));
    const { user, dialog } = await open("Hand over");
    await user.click(dialog.getByRole("button", { name: "Record collection" }));
    expect(await screen.findByText("Collection recorded.")).toBeVisible();
    expect(sent[0]?.body).toEqual({});
  });
});

describe("shipping", () => {
  it("ships all that is open", async () => {
    // Given
    const sent = serve(paid, "shipments", json(anAdminOrder()));
    const { user, dialog } = await open("Ship");
    expect(dialog.getByText("This completes the order. The customer gets a mail.")).toBeVisible();

    // When
    await user.type(dialog.getByLabelText("Carrier (optional)"), "DHL");
    await user.type(dialog.getByLabelText("Tracking number (optional)"), "0034");
    await user.type(dialog.getByLabelText("Tracking link (optional)"), "https://dhl.example/0034");
    await user.click(dialog.getByRole("button", { name: "Record shipment" }));

    // Then
    expect(await screen.findByText("Shipment recorded.")).toBeVisible();
    expect(sent[0]?.body).toEqual({
      carrier: "DHL",
      tracking_number: "0034",
      tracking_url: "https://dhl.example/0034",
      lines: null,
    });
    expect(sent[0]?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f]{32}$/);
  });

  it("ships a part, and refuses nothing and a link that is not secure", async () => {
    // Given
    const sent = serve(
      paid,
      "shipments",
      () =>
        problem(409, "lines-exceed-order", "That is more than what is open.", [
          { field: "lines.0", message: "Only 0 are open." },
        ]),
      json(anAdminOrder()),
    );
    const { user, dialog } = await open("Ship");
    const decrease = dialog.getByRole("button", { name: "Decrease: Quantity of mug" });

    // When
    await user.dblClick(decrease);
    await user.type(dialog.getByLabelText("Tracking link (optional)"), "http://dhl.example");
    await user.click(dialog.getByRole("button", { name: "Record shipment" }));

    // Then
    expect(await dialog.findByText("Choose at least one item.")).toBeVisible();
    expect(dialog.getByLabelText("Tracking link (optional)")).toHaveAccessibleDescription(
      /Enter an address that begins with https/,
    );
    expect(sent).toEqual([]);

    // When
    await user.clear(dialog.getByLabelText("Tracking link (optional)"));
    await user.click(dialog.getByRole("button", { name: "Increase: Quantity of mug" }));

    // Then
    expect(
      dialog.getByText("1 item will remain to be shipped. The customer gets a mail."),
    ).toBeVisible();

    // When
    await user.click(dialog.getByRole("button", { name: "Record shipment" }));

    // Then
    expect(await dialog.findByText("Only 0 are open.")).toBeVisible();

    // When
    await user.click(dialog.getByRole("button", { name: "Record shipment" }));

    // Then
    expect(await screen.findByText("Shipment recorded.")).toBeVisible();
    expect(sent[1]?.body).toMatchObject({
      lines: [{ product_id: MUG_ID, quantity: 1 }],
      tracking_url: null,
    });
  });

  it("records that the order was delivered", async () => {
    const sent = serve(anAdminOrder({ actions: ["deliver"] }), "delivered", json(anAdminOrder()));
    const { user, dialog } = await open("Delivered");
    await user.click(dialog.getByRole("button", { name: "Record delivery" }));
    expect(await screen.findByText("Delivery recorded.")).toBeVisible();
    expect(sent).toHaveLength(1);
  });

  it("closes what cannot be shipped, with a reason", async () => {
    // Given
    const order = anAdminOrder({ ...paid, actions: ["close_lines"] });
    const sent = serve(order, "close-lines", json(anAdminOrder()));
    const { user, dialog } = await open("Close the rest");
    expect(dialog.getByText(/^€29.00 has to be paid back/)).toBeVisible();

    // When
    await user.click(dialog.getByRole("button", { name: "Close these items" }));

    // Then
    const reason = dialog.getByLabelText("Reason");
    await waitFor(() => expect(reason).toHaveAccessibleDescription(/Enter a reason/));
    expect(sent).toEqual([]);

    // When
    await user.click(dialog.getByRole("button", { name: "Decrease: Quantity of mug" }));
    expect(dialog.getByText(/^€14.50 has to be paid back/)).toBeVisible();
    await user.type(reason, "Broken");
    await user.click(dialog.getByRole("button", { name: "Close these items" }));

    // Then
    expect(await screen.findByText("Rest closed.")).toBeVisible();
    expect(sent[0]?.body).toEqual({
      lines: [{ product_id: MUG_ID, quantity: 1 }],
      reason: "Broken",
    });
  });
});

describe("refunds", () => {
  const inRefund = anAdminOrder({
    ...paid,
    payment: aPayment({ state: "PAID", captured: 33.9, refund_requested: 8, refunded: 3 }),
    actions: ["refund", "payout"],
    refunds: [
      aRefund({ kind: "OVERPAID", amount: 3, paid_at: "2026-01-02T00:00:00Z" }),
      aRefund({ id: "r2", amount: 5, reason: "Scratched" }),
      aRefund({ id: "r3", amount: 1, by_provider: true }),
    ],
  });

  it("are requested by amount, with a reason", async () => {
    // Given
    const sent = serve(
      inRefund,
      "refunds",
      () =>
        problem(409, "refund-exceeds-payment", "That is more than was paid.", [
          { field: "amount", message: "At most 25.90." },
        ]),
      json(anAdminOrder()),
    );
    const { user, dialog } = await open("Refund an amount");
    const amount = dialog.getByLabelText("Amount");
    expect(amount).toHaveAccessibleDescription("At most €25.90.");

    // When
    await user.type(amount, "30");
    await user.type(dialog.getByLabelText("Reason"), "Late");
    await user.click(dialog.getByRole("button", { name: "Request refund" }));

    // Then
    await waitFor(() => expect(amount).toHaveAccessibleDescription(/At most 25.90./));

    // When
    await user.clear(amount);
    await user.type(amount, "5");
    await user.click(dialog.getByRole("button", { name: "Request refund" }));

    // Then
    expect(await screen.findByText("Refund requested.")).toBeVisible();
    expect(sent.map(({ body }) => body)).toEqual([
      { amount: 30, reason: "Late" },
      { amount: 5, reason: "Late" },
    ]);
  });

  it("are tasks until they are recorded as paid", async () => {
    // Given
    const sent = serve(inRefund, "refunds/:refund/paid", json(anAdminOrder()));
    const { user } = openShop(PAGE);

    // Then
    expect(await screen.findByText(/ Pay back €5.00.$/)).toBeVisible();
    const refunds = within(screen.getByRole("region", { name: "Refunds" }));
    expect(refunds.getByText("Too much was paid")).toBeVisible();
    expect(refunds.getByText("Allowance: Scratched")).toBeVisible();
    expect(refunds.getByText("The payment provider pays it.")).toBeVisible();
    expect(refunds.getAllByRole("button")).toHaveLength(1);

    // When
    await user.click(refunds.getByRole("button", { name: "Mark €5.00 as paid" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Refund of €5.00" }));
    await user.type(dialog.getByLabelText("Reference (optional)"), "T1");
    await user.click(dialog.getByRole("button", { name: "Record as paid" }));

    // Then
    expect(await screen.findByText("Refund recorded as paid.")).toBeVisible();
    expect(sent.map(({ path, body }) => [path, body])).toEqual([
      [`/api/admin/orders/${ORDER_ID}/refunds/r2/paid`, { reference: "T1" }],
    ]);
  });
});

describe("notes and the timeline", () => {
  it("shows who did what, the newest first", async () => {
    const timeline = [
      { at: "2026-01-01T00:00:00Z", by: "shop", action: "remind", detail: "" },
      { at: "2026-01-02T00:00:00Z", by: "grace@example.com", action: "note", detail: "Called." },
    ] as const;
    const receipts = [
      { id: "1", amount: 33.9, method: "CASH", reference: "R1", at: "2026-01-01T00:00:00Z" },
    ] as const;
    serve(anAdminOrder({ timeline: [...timeline], receipts: [...receipts] }), "notes");
    openShop(PAGE);
    const region = within(await screen.findByRole("region", { name: "Timeline" }));
    const entries = region.getAllByRole("listitem").map((entry) => entry.textContent);
    expect(entries[0]).toMatch(/^NoteCalled\.grace@example\.com, /);
    expect(entries[1]).toMatch(/^Customer remindedThe shop, /);
    expect(screen.getByRole("region", { name: "Payments" })).toHaveTextContent("€33.90 Cash, R1");
  });

  it("resolves a problem with a note", async () => {
    // Given
    const order = anAdminOrder({ problem: "It was shipped and cancelled." });
    const sent = serve(order, "notes", json(anAdminOrder()));

    // When
    const { user, dialog } = await open("Resolve problem");

    // Then
    expect(screen.getByText("It was shipped and cancelled.")).toBeInTheDocument();
    expect(dialog.getByLabelText("The problem is solved")).toBeChecked();

    // When
    await user.type(dialog.getByLabelText("What you decided"), "Sent back.");
    await user.click(dialog.getByRole("button", { name: "Save note" }));

    // Then
    expect(await screen.findByText("Note added.")).toBeVisible();
    expect(sent[0]?.body).toEqual({ text: "Sent back.", resolve: true });
  });

  it("adds a note", async () => {
    const sent = serve(anAdminOrder(), "notes", json(anAdminOrder()));
    const { user, dialog } = await open("Add note");
    await user.click(dialog.getByRole("button", { name: "Save note" }));
    const note = dialog.getByLabelText("Note");
    await waitFor(() => expect(note).toHaveAccessibleDescription("Enter a note."));
    await user.type(note, "Called.");
    await user.click(dialog.getByRole("button", { name: "Save note" }));
    expect(await screen.findByText("Note added.")).toBeVisible();
    expect(sent.map(({ body }) => body)).toEqual([{ text: "Called.", resolve: false }]);
  });
});

describe("paper", () => {
  it("lists what to take from the shelves, by product", async () => {
    // Given
    const second = anAdminOrder({
      number: "0ABC1DEF",
      products: [
        { product_id: BOWL_ID, name: "bowl", price: 1, quantity: 4, reason: null },
        { product_id: MUG_ID, name: "mug", price: 1, quantity: 1, reason: null },
      ],
      open_lines: [
        { product_id: BOWL_ID, quantity: 4 },
        { product_id: MUG_ID, quantity: 1 },
      ],
    });
    const requests = recordRequests(
      "get",
      "*/api/admin/orders",
      json({ orders: [anAdminOrder(), second], next_cursor: "more" }),
    );

    // When
    openShop("/admin/orders/pick-list");

    // Then
    expect(await screen.findByRole("row", { name: /mug/ })).toHaveTextContent(
      "mug37K3Q9ZDM (2), 0ABC1DEF (1)",
    );
    const rows = screen.getAllByRole("row").map((row) => row.textContent);
    expect(rows.slice(1)).toEqual(["bowl40ABC1DEF (4)", "mug37K3Q9ZDM (2), 0ABC1DEF (1)"]);
    expect(screen.getByText(/This list is for the newest 2 orders/)).toBeVisible();
    expect(screen.getByRole("button", { name: "Print" })).toBeVisible();
    expect(requests[0]?.query).toEqual({ view: "to-ship", limit: "100" });
  });

  it("says if there is nothing to take", async () => {
    recordRequests("get", "*/api/admin/orders", json({ orders: [], next_cursor: null }));
    openShop("/admin/orders/pick-list");
    expect(await screen.findByRole("heading", { name: "Nothing has to be shipped" })).toBeVisible();
    expect(screen.queryByRole("button", { name: "Print" })).toBeNull();
  });

  it("names the address and what is in the parcel: what is open, or was shipped last", async () => {
    recordRequests("get", "*/api/admin/orders/:id", json(paid));
    openShop(`${PAGE}/packing-slip`);
    expect(await screen.findByText("7K3Q9ZDM")).toBeVisible();
    expect(screen.getByText("Ada Lovelace")).toBeVisible();
    expect(screen.getByText(/10117 Berlin/)).toBeVisible();
    expect(screen.getByRole("row", { name: /mug/ })).toHaveTextContent("mug2");
    expect(screen.queryByText("€14.50")).toBeNull();
  });

  it("names what was shipped last if nothing is open", async () => {
    const fulfilment = { state: "SHIPPED", shipments: [aShipment()], closed: [] } as const;
    const shipped = anAdminOrder({
      ...paid,
      open_lines: [],
      fulfilment: { ...fulfilment, shipments: [aShipment()], closed: [] },
    });
    recordRequests("get", "*/api/admin/orders/:id", json(shipped));
    openShop(`${PAGE}/packing-slip`);
    expect(await screen.findByRole("row", { name: /mug/ })).toHaveTextContent("mug1");
  });
});
