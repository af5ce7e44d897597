import { screen, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import { startSession } from "@/lib/session";
import { aLetter, aProduct, aToken, BOWL_ID, statistics } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, productPage, recordRequests, server } from "@/testing/server";

const letters = (count: number, next_cursor: string | null = null) => ({
  dead_letters: Array.from({ length: count }, (_, n) => aLetter({ id: String(n).repeat(64) })),
  next_cursor,
});

function serveStatistics(figures = statistics(), lowStock = 1) {
  server.use(
    http.get("*/api/admin/stats", json(figures)),
    http.get("*/api/products", ({ request }) => {
      const isLow = new URL(request.url).searchParams.has("max_stock");
      return HttpResponse.json({ ...productPage([aProduct()]), total: isLow ? lowStock : 128 });
    }),
  );
}

const tile = (label: string) => screen.getByText(label, { selector: "dt" }).parentElement;

/** Return the heights of the bars. The tallest bar has 100. */
const bars = () =>
  [...document.querySelectorAll(".day-bars rect")].map((bar) => Number(bar.getAttribute("height")));

beforeEach(() => {
  startSession(aToken({ role: "admin" }));
  server.use(http.get("*/api/admin/dead-letters/:owner", json(letters(0))));
});

describe("dashboard", () => {
  it("compares today with yesterday", async () => {
    // Given
    serveStatistics();

    // When
    openShop("/admin");

    // Then
    await screen.findByText("Orders today");
    expect(tile("Orders today")).toHaveTextContent("84 yesterday");
    expect(tile("Revenue today")).toHaveTextContent("€60.00€120.50 yesterday");
    expect(tile("Pending")).toHaveTextContent("3View pending orders");
    expect(within(tile("Pending") ?? document.body).getByRole("link")).toHaveAttribute(
      "href",
      "/admin/orders?status=PENDING",
    );
  });

  it("counts all products with low stock and lists the first ones", async () => {
    // Given
    serveStatistics(statistics(), 37);
    const requests = recordRequests(
      "get",
      "*/api/products",
      json({ ...productPage([aProduct()]), total: 37 }),
    );

    // When
    openShop("/admin");

    // Then
    await screen.findByText("37");
    expect(tile("Low stock")).toHaveTextContent("37View low stock");
    expect(requests[0]?.query).toEqual({ max_stock: "4", limit: "1" });
    expect(screen.getByText("The products with the lowest stock.")).toBeVisible();
    expect(screen.getByRole("link", { name: "bowl" })).toHaveAttribute(
      "href",
      `/admin/products?edit=${BOWL_ID}`,
    );
    expect(screen.getByText("2 left")).toBeVisible();
  });

  it("shows orders and revenue as bars and as a table", async () => {
    // Given
    serveStatistics();

    // When
    const { user } = openShop("/admin");

    // Then
    await screen.findByRole("heading", { name: "By day" });
    expect(screen.getByText("Days in the shop's time zone, Europe/Berlin.")).toBeVisible();
    expect(bars()).toEqual([25, 50, 100]);

    // When
    await user.click(screen.getByText("Show as table"));

    // Then
    const table = screen.getByRole("table", { name: /Orders and revenue by day/ });
    const rows = within(table)
      .getAllByRole("row")
      .map((row) => [...row.children].map((cell) => cell.textContent));
    expect(rows).toEqual([
      ["Day", "Orders", "Revenue"],
      ["10 Mar 2026", "8", "€60.00"],
      ["9 Mar 2026", "4", "€120.50"],
      ["8 Mar 2026", "2", "€30.00"],
    ]);

    // When
    await user.click(screen.getByRole("radio", { name: "Revenue" }));

    // Then
    expect(bars().map(Math.round)).toEqual([25, 100, 50]);
  });

  it("shows reassuring texts if nothing is low, pending or sold", async () => {
    // Given
    serveStatistics(statistics({ low_stock: [], pending: 0, best_sellers: [] }), 0);

    // When
    openShop("/admin");

    // Then
    expect(await screen.findByText("All products are well stocked.")).toBeVisible();
    expect(await screen.findByText("All products well stocked")).toBeVisible();
    expect(tile("Pending")).toHaveTextContent("0No pending orders");
    expect(screen.getByText("No sales in the last 3 days.")).toBeVisible();
    expect(screen.queryByText(/to review/)).toBeNull();
  });

  it("links to dead letters and shows a lower bound of their number", async () => {
    // Given
    serveStatistics();
    server.use(
      http.get("*/api/admin/dead-letters/products", json(letters(2))),
      http.get("*/api/admin/dead-letters/orders", json(letters(1, "more"))),
    );

    // When
    openShop("/admin");

    // Then
    expect(await screen.findByText("More than 3 dead letters to review")).toBeVisible();
    expect(screen.getByRole("link", { name: "Review dead letters" })).toHaveAttribute(
      "href",
      "/admin/dead-letters",
    );
  });

  it("shows an error and can be retried", async () => {
    // Given
    serveStatistics();
    const requests = recordRequests(
      "get",
      "*/api/admin/stats",
      () => problem(503, "unavailable", "Orders are unavailable."),
      json(statistics()),
    );

    // When
    const { user } = openShop("/admin");

    // Then
    const notice = await screen.findByRole("alert");
    expect(notice).toHaveTextContent("Orders are unavailable.Reference r1");
    expect(screen.getByRole("heading", { level: 1, name: "Dashboard" })).toBeVisible();

    // When
    await user.click(within(notice).getByRole("button", { name: "Try again" }));

    // Then
    expect(await screen.findByText("Orders today")).toBeVisible();
    expect(screen.queryByRole("alert")).toBeNull();
    expect(requests).toHaveLength(2);
  });
});
