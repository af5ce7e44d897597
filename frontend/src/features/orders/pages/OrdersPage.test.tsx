import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { startSession } from "@/lib/session";
import { anOrder, aProduct, aToken, BOWL_ID, MUG_ID, ORDER_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import {
  json,
  mockOrderStream,
  problem,
  productPage,
  recordRequests,
  server,
} from "@/testing/server";

const accepted = anOrder({
  status: "ACCEPTED",
  history: [...anOrder().history, { status: "ACCEPTED", at: "2026-01-01T00:00:01Z" }],
});
const older = anOrder({
  ...accepted,
  id: "d".repeat(24),
  cost: 5,
  total: 5,
  number: "0ABC1DEF",
  products: [
    { product_id: BOWL_ID, name: "bowl", price: 5, quantity: 1, reason: null },
    { product_id: MUG_ID, name: "mug", price: 5, quantity: 1, reason: null },
  ],
});
const page = (orders: object[], next_cursor: string | null = null) => json({ orders, next_cursor });
const rows = () => screen.getAllByRole("listitem").filter((row) => row.matches(".order-row"));

beforeEach(() => startSession(aToken()));

describe("orders page", () => {
  it("shows status, total and pictures, and links to each order", async () => {
    // Given
    recordRequests("get", "*/api/orders", page([accepted, older]));
    const requests = recordRequests(
      "get",
      "*/api/products",
      json(productPage([aProduct({ image_url: "/api/products/1/image" })])),
    );

    // When
    openShop("/orders");

    // Then
    const link = await screen.findByRole("link", { name: "2 × mug" });
    expect(link).toHaveAttribute("href", `/orders/${ORDER_ID}`);
    expect(screen.getByRole("link", { name: "1 × bowl and 1 more" })).toBeVisible();
    const [first, second] = rows();
    expect(first).toHaveTextContent(/Accepted.*€29\.00/);
    expect(second).toHaveTextContent(/Accepted0ABC1DEF .*€5\.00/);
    await waitFor(() =>
      expect(first?.querySelector("img")).toHaveAttribute(
        "src",
        "/api/products/1/image?size=thumb",
      ),
    );
    expect(requests[0]?.query).toEqual({ ids: `${MUG_ID},${BOWL_ID}`, limit: "100" });
  });

  it("explains what to do if there are no orders", async () => {
    // Given
    recordRequests("get", "*/api/orders", page([]));

    // When
    openShop("/orders");

    // Then
    expect(await screen.findByRole("heading", { name: "No orders yet" })).toBeVisible();
    expect(screen.getByRole("link", { name: "Shop all products" })).toHaveAttribute(
      "href",
      "/products",
    );
  });

  it("loads page by page and keeps loaded pages after a failure", async () => {
    // Given
    const requests = recordRequests(
      "get",
      "*/api/orders",
      page([accepted], "c2"),
      () => problem(503, "unavailable", "Orders are unavailable."),
      page([older]),
    );
    const { user } = openShop("/orders");

    // When
    await user.click(await screen.findByRole("button", { name: "Show older orders" }));

    // Then
    expect(await screen.findByText("Orders are unavailable.")).toBeVisible();
    expect(rows()).toHaveLength(1);

    // When
    await user.click(screen.getByRole("button", { name: "Show older orders" }));

    // Then
    expect(await screen.findByRole("link", { name: "1 × bowl and 1 more" })).toBeVisible();
    expect(rows()).toHaveLength(2);
    expect(requests.map((request) => request.query.cursor)).toEqual([undefined, "c2", "c2"]);
  });

  it("updates live", async () => {
    // Given
    recordRequests("get", "*/api/orders", page([anOrder(), older]));
    const stream = mockOrderStream();

    // When
    openShop("/orders");

    // Then
    await screen.findByRole("link", { name: "2 × mug" });
    expect(within(rows()[0] ?? document.body).getByText("Placed")).toBeVisible();
    await waitFor(() => expect(stream.connections).toHaveLength(1));

    // When
    stream.send(`event: order\nid: 7\ndata: ${JSON.stringify(accepted)}\n\n`);

    // Then
    expect(await within(rows()[0] ?? document.body).findByText("Accepted")).toBeVisible();
  });

  it("opens no stream if all orders are settled", async () => {
    // Given
    recordRequests("get", "*/api/orders", page([accepted]));
    const stream = mockOrderStream();

    // When
    openShop("/orders");

    // Then
    await screen.findByRole("link", { name: "2 × mug" });
    expect(stream.connections).toEqual([]);
  });

  it("polls while the stream is unavailable", async () => {
    // Given
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const requests = recordRequests("get", "*/api/orders", page([anOrder()]), page([accepted]));
    server.use(http.get("*/api/orders/stream", () => HttpResponse.error()));

    // When
    openShop("/orders");

    // Then
    await screen.findByRole("link", { name: "2 × mug" });
    expect(await within(rows()[0] ?? document.body).findByText("Accepted")).toBeVisible();
    expect(requests).toHaveLength(2);
  });
});
