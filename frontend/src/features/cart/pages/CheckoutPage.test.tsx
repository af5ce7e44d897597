import { act, cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startSession } from "@/lib/session";
import { anOrder, aProduct, aToken, BOWL_ID, MUG_ID } from "@/testing/data";
import { fakeLocks } from "@/testing/fakeLocks";
import { openShop, visit } from "@/testing/render";
import { gate, json, problem, productPage, recordRequests, server } from "@/testing/server";
import { addLine, cartStore, removeLine } from "../cartStore";

interface PlacedOrder {
  key: string | null;
  body: unknown;
}

const bowl = aProduct({ id: BOWL_ID, name: "bowl", price: 0.1 });

/** Record placed orders and answer each with the next response. */
function recordOrders(...responses: (() => Response)[]): PlacedOrder[] {
  const placed: PlacedOrder[] = [];
  server.use(
    http.post("*/api/orders", async ({ request }) => {
      placed.push({ key: request.headers.get("Idempotency-Key"), body: await request.json() });
      return (responses.shift() ?? created)();
    }),
    http.get("*/api/orders/:id", () => HttpResponse.json(anOrder({ status: "ACCEPTED" }))),
  );
  return placed;
}

const created = () => HttpResponse.json(anOrder({ status: "ACCEPTED" }), { status: 201 });
const priceChanged = () =>
  problem(409, "price-changed", "Some prices have changed.", [
    { field: "products.0", message: "The price is now 15.00." },
  ]);
const placeButton = () => screen.findByRole("button", { name: "Place order" });

beforeEach(() => {
  server.use(http.get("*/api/products", () => HttpResponse.json(productPage([aProduct(), bowl]))));
  addLine(aProduct(), 2);
  addLine(bowl, 3);
});

describe("visitor at checkout", () => {
  it("signs in and returns to checkout", async () => {
    // Given
    server.use(http.post("*/api/login", () => HttpResponse.json({ access_token: aToken() })));
    const { user } = openShop("/checkout");

    // When
    await user.type(await screen.findByLabelText("Email"), "ada@example.com");
    await user.type(screen.getByLabelText("Password"), "correct horse{Enter}");

    // Then
    expect(await screen.findByRole("heading", { name: "Checkout" })).toBeVisible();
    expect(location.pathname).toBe("/checkout");
    expect(screen.getByText("Signed in as ada@example.com.")).toBeVisible();
  });
});

describe("placing an order", () => {
  beforeEach(() => startSession(aToken()));

  it("sends the displayed prices and empties the cart", async () => {
    // Given
    const placed = recordOrders();

    // When
    const { user } = openShop("/checkout");

    // Then
    expect(await screen.findByText("€29.30")).toBeVisible();

    // When
    await user.click(await placeButton());

    // Then
    expect(await screen.findByRole("heading", { name: /Accepted/ })).toBeVisible();
    expect(placed[0]?.body).toEqual({
      products: [
        { id: MUG_ID, quantity: 2, price: 14.5 },
        { id: BOWL_ID, quantity: 3, price: 0.1 },
      ],
    });
    expect(cartStore.get().lines).toEqual([]);
  });

  it("sends one request on a double click", async () => {
    // Given
    const placed = recordOrders();
    const { user } = openShop("/checkout");

    // When
    await user.dblClick(await placeButton());

    // Then
    await screen.findByRole("heading", { name: /Accepted/ });
    expect(placed).toHaveLength(1);
  });

  it("uses the same key again after a timeout", async () => {
    // Given
    const placed = recordOrders(() => problem(504, "gateway-timeout", "No answer in time."));
    const { user } = openShop("/checkout");

    // When
    await user.click(await placeButton());

    // Then
    expect(await screen.findByText("No answer in time.")).toBeVisible();

    // When
    await user.click(await placeButton());

    // Then
    await screen.findByRole("heading", { name: /Accepted/ });
    expect(placed[0]?.key).toMatch(/^[0-9a-f]{32}$/);
    expect(placed[1]?.key).toBe(placed[0]?.key);
  });

  it("tells that the cart was ordered before it was changed, and orders the rest on request", async () => {
    // Given: the first order was placed, although its response was lost.
    const placed = recordOrders(
      () => HttpResponse.error(),
      () => problem(422, "idempotency-key-reused", "The key was used for another order."),
    );
    const { user } = openShop("/checkout");
    await user.click(await placeButton());
    await screen.findByText("We couldn't reach the shop");
    act(() => addLine(bowl, 1));

    // When
    await user.click(await placeButton());

    // Then
    expect(await screen.findByText("You have already ordered from this cart")).toBeVisible();
    expect(screen.getByRole("link", { name: "View your orders" })).toBeVisible();
    expect(placed[1]?.key).toBe(placed[0]?.key);

    // When
    await user.click(screen.getByRole("button", { name: "Order these items too" }));
    await user.click(await placeButton());

    // Then
    await screen.findByRole("heading", { name: /Accepted/ });
    expect(placed).toHaveLength(3);
    expect(placed[2]?.body).toEqual(placed[1]?.body);
    expect(placed[2]?.key).not.toBe(placed[0]?.key);
  });

  it("shows a refusal at its line, even after another tab removes a line", async () => {
    // Given
    const errors = [{ field: "products.1", message: "Only 1 left." }];
    recordOrders(() => problem(409, "insufficient-stock", "There is not enough stock.", errors));
    const { user } = openShop("/checkout");

    // When
    await user.click(await placeButton());

    // Then
    const note = await screen.findByText("Only 1 left.");
    expect(note.closest("li")).toHaveTextContent("bowl");

    // When
    // The error must stay at its line when another tab removes an earlier line.
    act(() => void removeLine(MUG_ID));

    // Then
    await waitFor(() => expect(screen.queryByText("mug")).toBeNull());
    expect(screen.getByText("Only 1 left.").closest("li")).toHaveTextContent("bowl");
  });

  it("uses the stored key again after a reload", async () => {
    // Given
    const placed = recordOrders(() => HttpResponse.error());
    const { user } = openShop("/checkout");

    // When
    await user.click(await placeButton());
    await screen.findByText("We couldn't reach the shop");
    cleanup();
    const { user: userAfterReload } = openShop("/checkout");
    await userAfterReload.click(await placeButton());
    await screen.findByRole("heading", { name: /Accepted/ });

    // Then
    expect(placed).toHaveLength(2);
    expect(placed[1]).toEqual(placed[0]);
  });

  it("uses a new key after a completed order", async () => {
    // Given
    const placed = recordOrders();
    const { user } = openShop("/checkout");

    // When
    await user.click(await placeButton());
    await screen.findByRole("heading", { name: /Accepted/ });
    addLine(aProduct(), 2);
    addLine(bowl, 3);
    await visit("/checkout");
    await user.click(await placeButton());

    // Then
    await screen.findByRole("heading", { name: /Accepted/ });
    expect(placed[1]?.body).toEqual(placed[0]?.body);
    expect(placed[1]?.key).not.toBe(placed[0]?.key);
  });

  it("asks again with the new price if a price has changed", async () => {
    // Given
    let mug = aProduct();
    const placed = recordOrders(() => {
      mug = aProduct({ price: 15 });
      return priceChanged();
    });
    server.use(http.get("*/api/products", () => HttpResponse.json(productPage([mug, bowl]))));
    const { user } = openShop("/checkout");
    await screen.findByText("€29.30");

    // When
    await user.click(await placeButton());

    // Then
    expect(await screen.findByText("Some prices have changed.")).toBeVisible();
    expect(await screen.findByText("€30.30")).toBeVisible();

    // When
    await user.click(await placeButton());

    // Then
    await screen.findByRole("heading", { name: /Accepted/ });
    expect(placed.map((request) => request.body)).toMatchObject([
      { products: [{ price: 14.5 }, { price: 0.1 }] },
      { products: [{ price: 15 }, { price: 0.1 }] },
    ]);
    // The refused order does not exist, so the cart's key is still free.
    expect(placed[1]?.key).toBe(placed[0]?.key);
  });

  it("shows the new price if the order is refused during the first check of prices", async () => {
    // Given
    recordOrders(priceChanged);
    const firstCheck = gate();
    const checks = recordRequests(
      "get",
      "*/api/products",
      async () => {
        await firstCheck.opened;
        return HttpResponse.json(productPage([aProduct(), bowl]));
      },
      json(productPage([aProduct({ price: 15 }), bowl])),
    );
    const { user } = openShop("/checkout");
    await waitFor(() => expect(checks).toHaveLength(1));

    // When
    await user.click(await placeButton());

    // Then
    expect(await screen.findByText("The price is now 15.00.")).toBeVisible();
    expect(await screen.findByText("€30.30")).toBeVisible();
    expect(checks).toHaveLength(2);
    firstCheck.open();
  });

  it("removes ordered items and keeps what another tab added", async () => {
    // Given
    const responseGate = gate();
    server.use(
      http.post("*/api/orders", async () => {
        await responseGate.opened;
        return created();
      }),
      http.get("*/api/orders/:id", () => HttpResponse.json(anOrder({ status: "ACCEPTED" }))),
    );
    const { user } = openShop("/checkout");

    // When
    await user.click(await placeButton());

    // Then
    expect(await screen.findByRole("button", { name: "Placing order…" })).toBeDisabled();

    // When
    act(() => addLine(aProduct({ id: "d".repeat(24), name: "lamp" }), 1));
    responseGate.open();

    // Then
    await screen.findByRole("heading", { name: /Accepted/ });
    expect(cartStore.get().lines.map((line) => line.name)).toEqual(["lamp"]);
  });
});

describe("checkout in two tabs", () => {
  beforeEach(() => startSession(aToken()));
  afterEach(() => Reflect.deleteProperty(navigator, "locks"));

  /** Open the checkout twice, and click both buttons at once. */
  async function orderInTwoTabs() {
    openShop("/checkout");
    openShop("/checkout");
    const buttons = () => screen.getAllByRole("button", { name: "Place order" });
    await waitFor(() => expect(buttons()).toHaveLength(2));
    for (const button of buttons()) fireEvent.click(button);
  }

  it("waits for the other tab, and tells that it has ordered the cart", async () => {
    // Given
    Object.defineProperty(navigator, "locks", { value: fakeLocks(), configurable: true });
    const placed = recordOrders();

    // When
    await orderInTwoTabs();

    // Then
    expect(await screen.findByText("This cart was ordered in another tab")).toBeVisible();
    expect(await screen.findByRole("heading", { name: /Accepted/ })).toBeVisible();
    expect(placed).toHaveLength(1);
  });

  it("sends the same key from both tabs if the browser has no locks", async () => {
    // Given
    const placed = recordOrders();

    // When
    await orderInTwoTabs();

    // Then
    await waitFor(() =>
      expect(screen.getAllByRole("heading", { name: /Accepted/ })).toHaveLength(2),
    );
    expect(placed).toHaveLength(2);
    expect(placed[1]).toEqual(placed[0]);
    expect(cartStore.get().lines).toEqual([]);
  });
});
