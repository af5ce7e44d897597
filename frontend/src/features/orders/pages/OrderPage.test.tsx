import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { addLine, cartStore } from "@/features/cart/cartStore";
import { startSession } from "@/lib/session";
import { anOrder, aProduct, aToken, MUG_ID, ORDER_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { gate, json, problem, productPage, recorded, server, streamTells } from "@/testing/server";

const ADDRESS = `/orders/${ORDER_ID}`;
const accepted = anOrder({
  status: "ACCEPTED",
  history: [...anOrder().history, { status: "ACCEPTED", at: "2026-01-01T00:00:01Z" }],
});

function thereIs(order = anOrder()) {
  server.use(http.get("*/api/orders/:id", () => HttpResponse.json(order)));
}

beforeEach(() => startSession(aToken()));

describe("an order's page", () => {
  it("turns from Placed to Accepted without a reload", async () => {
    thereIs();
    streamTells(`event: order\nid: 7\ndata: ${JSON.stringify(accepted)}\n\n`);
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

  it("has a line of what became of it, with the times, and of what is to come", async () => {
    thereIs();
    const stream = streamTells();
    openShop(ADDRESS);
    const steps = () =>
      screen.getAllByRole("listitem").filter((each) => each.closest(".time-line"));
    await screen.findByRole("heading", { level: 1, name: /Placed/ });
    expect(steps().map((each) => each.textContent)).toEqual([
      expect.stringMatching(/^Placed\d\d:\d\d:\d\d$/),
      "Acceptedin a moment",
    ]);
    await waitFor(() => expect(stream.connections).toHaveLength(1));
    stream.tell(`event: order\nid: 7\ndata: ${JSON.stringify(accepted)}\n\n`);
    await screen.findByRole("heading", { level: 1, name: /Accepted/ });
    const [, last] = steps();
    expect(last).toHaveTextContent(/^Accepted\d\d:\d\d:01$/);
    expect(last?.querySelector("time")).toHaveAttribute("datetime", "2026-01-01T00:00:01Z");
  });

  it("shows when it was placed and by whom, and its total", async () => {
    thereIs(accepted);
    openShop(ADDRESS);
    const summary = await screen.findByRole("region", { name: "Summary" });
    expect(summary).toHaveTextContent("Total€29.00");
    expect(within(summary).getByText("ada@example.com")).toBeVisible();
    expect(within(summary).getByText("1 Jan 2026")).toHaveAttribute(
      "datetime",
      "2026-01-01T00:00:00Z",
    );
    expect(screen.queryByRole("button", { name: "Put the rest back into my cart" })).toBeNull();
  });

  it("that can't be read says so, and tries again in its place", async () => {
    recorded(
      "get",
      "*/api/orders/:id",
      () => problem(503, "unavailable", "The orders are away."),
      json(accepted),
    );
    const { user } = openShop(ADDRESS);
    expect(await screen.findByText("The orders are away.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("heading", { level: 1, name: /Accepted/ })).toBeVisible();
  });

  it("opens with its heading in focus, after the order was waited for", async () => {
    const arrived = gate();
    recorded("get", "*/api/orders", json({ orders: [accepted], next_cursor: null }));
    recorded("get", "*/api/orders/:id", async () => {
      await arrived.opened;
      return HttpResponse.json(accepted);
    });
    const { user } = openShop("/orders");
    await user.click(await screen.findByRole("link", { name: "2 × mug" }));
    expect(await screen.findByRole("status", { name: "Loading" })).toBeVisible();
    arrived.open();
    const heading = await screen.findByRole("heading", { level: 1, name: /Accepted/ });
    await waitFor(() => expect(heading).toHaveFocus());
  });
});

describe("someone else's order, as an administrator sees it", () => {
  beforeEach(() => startSession(aToken({ email: "root@example.com", role: "admin" })));

  it("is asked for again and again, as one's own stream does not tell of it", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const stream = streamTells();
    recorded("get", "*/api/orders/:id", json(anOrder()), json(accepted));
    openShop(ADDRESS);
    await screen.findByRole("heading", { level: 1, name: /Placed/ });
    expect(await screen.findByRole("heading", { level: 1, name: /Accepted/ })).toBeVisible();
    expect(stream.connections).toEqual([]);
  });

  it("is not for one's own cart", async () => {
    thereIs(anOrder({ status: "REJECTED", reason: "There was too little." }));
    openShop(ADDRESS);
    await screen.findByText("There was too little.");
    expect(screen.queryByRole("button", { name: "Put the rest back into my cart" })).toBeNull();
  });
});

describe("a cancellation", () => {
  const cancelled = anOrder({ status: "CANCELLED", cancel_confirmed: true });

  async function ask(user: ReturnType<typeof openShop>["user"]) {
    await user.click(await screen.findByRole("button", { name: "Cancel order" }));
    return within(await screen.findByRole("dialog", { name: "Cancel this order?" }));
  }

  it("can be thought better of, and is not sent then", async () => {
    thereIs(accepted);
    const sent = recorded("post", "*/api/orders/:id/cancel", json({}));
    const { user } = openShop(ADDRESS);
    const question = await ask(user);
    await user.click(question.getByRole("button", { name: "Keep it" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(sent).toEqual([]);
    expect(screen.getByRole("button", { name: "Cancel order" })).toHaveFocus();
  });

  it("ends on the order as it is then, with its heading in focus", async () => {
    recorded("get", "*/api/orders/:id", json(accepted), json(cancelled));
    const sent = recorded("post", "*/api/orders/:id/cancel", json(cancelled, { status: 202 }));
    const { user } = openShop(ADDRESS);
    const question = await ask(user);
    await user.dblClick(question.getByRole("button", { name: "Cancel order" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(screen.getByText(/its products are back on the shelf/)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Cancel order" })).toBeNull();
    await waitFor(() =>
      expect(screen.getByRole("heading", { level: 1, name: /Cancelled/ })).toHaveFocus(),
    );
    expect(sent.map((each) => each.path)).toEqual([`${ADDRESS.replace("/", "/api/")}/cancel`]);
  });

  it("that is refused says why, and stays readable when the page has found out, too", async () => {
    const rejected = anOrder({ status: "REJECTED", reason: "There was too little." });
    recorded("get", "*/api/orders/:id", json(accepted), json(rejected));
    recorded("post", "*/api/orders/:id/cancel", () =>
      problem(409, "not-cancellable", "The order is rejected and can't be cancelled."),
    );
    const { user } = openShop(ADDRESS);
    const question = await ask(user);
    await user.click(question.getByRole("button", { name: "Cancel order" }));
    await screen.findByText("There was too little.");
    expect(question.getByRole("alert")).toHaveTextContent("can't be cancelled.");
    expect(question.queryByRole("button", { name: "Cancel order" })).toBeNull();
    await user.click(question.getByText("Close", { selector: ".modal-footer button" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });
});

describe("the rest of a rejected order", () => {
  const rejected = anOrder({ status: "REJECTED", reason: "There was too little." });
  const putBack = { name: "Put the rest back into my cart" };

  it("is what can be had now, and pressing twice adds nothing", async () => {
    thereIs(rejected);
    recorded("get", "*/api/products", json(productPage([aProduct({ quantity: 1 })])));
    const { user } = openShop(ADDRESS);
    await user.click(await screen.findByRole("button", putBack));
    const cart = await screen.findByRole("dialog", { name: "Your cart" });
    expect(within(cart).getByText("mug")).toBeVisible();
    expect(cartStore.get().lines).toMatchObject([{ id: MUG_ID, quantity: 1 }]);
    await user.keyboard("{Escape}");
    await user.click(screen.getByRole("button", putBack));
    await screen.findByRole("dialog", { name: "Your cart" });
    expect(cartStore.get().lines).toMatchObject([{ id: MUG_ID, quantity: 1 }]);
  });

  it("fills up what is in the cart already", async () => {
    thereIs(rejected);
    addLine(aProduct(), 1);
    const { user } = openShop(ADDRESS);
    await user.click(await screen.findByRole("button", putBack));
    await screen.findByRole("dialog", { name: "Your cart" });
    expect(cartStore.get().lines).toMatchObject([{ id: MUG_ID, quantity: 2 }]);
  });

  it("that can't be had at all is said, and the cart stays as it is", async () => {
    thereIs(rejected);
    recorded("get", "*/api/products", json(productPage([aProduct({ archived: true })])));
    const { user } = openShop(ADDRESS);
    await user.click(await screen.findByRole("button", putBack));
    expect(await screen.findByText("None of these can be had just now.")).toBeVisible();
    expect(cartStore.get().lines).toEqual([]);
    expect(screen.queryByRole("dialog")).toBeNull();
  });
});
