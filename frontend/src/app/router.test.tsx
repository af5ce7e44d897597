import { screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import { startSession } from "@/lib/session";
import { aProduct, aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { productPage, server } from "@/testing/server";

const PAGES = ["/", "/products", "/cart", "/sign-in", "/register", "/orders", "/account"];
const ADMIN_PAGES = ["products", "categories", "orders", "users", "dead-letters"].map(
  (page) => `/admin/${page}`,
);
const EMOJI = encodeURIComponent("😀");
const QUERY_STRINGS: [string, string][] = [
  ["inherited names", "sort=constructor&status=constructor&stock=constructor&category=constructor"],
  [
    "long texts",
    `q=${"a".repeat(99)}${EMOJI}&email=${"a".repeat(400)}&category=${"c".repeat(400)}`,
  ],
  [
    "values out of range",
    "min=2000000&max=2000000&pages=1e9&since=9999-99-99&until=0000-00-00&edit=..",
  ],
  ["broken escapes", "q=%E0%A4%A&next=%5C%5Cevil.example&status=&sort=__proto__"],
];

beforeEach(() => {
  server.use(
    http.get("*/api/products", () => HttpResponse.json(productPage([aProduct()]))),
    http.get("*/api/admin/products", () => HttpResponse.json(productPage([aProduct()]))),
    http.get("*/api/orders", () => HttpResponse.json({ orders: [], next_cursor: null })),
    http.get("*/api/admin/orders", () => HttpResponse.json({ orders: [], next_cursor: null })),
    http.get("*/api/users", () => HttpResponse.json({ users: [], next_cursor: null })),
    http.get("*/api/admin/dead-letters/:owner", () =>
      HttpResponse.json({ dead_letters: [], next_cursor: null }),
    ),
  );
});

describe.each([...PAGES, ...ADMIN_PAGES])("page %s", (path) => {
  it.each(QUERY_STRINGS)("shows its heading for %s", async (_, query) => {
    startSession(aToken({ role: "admin" }));
    const { queries } = openShop(`${path}?${query}`);
    expect(await screen.findByRole("heading", { level: 1 })).not.toHaveTextContent("loaded");
    await waitFor(() => expect(queries.isFetching()).toBe(0));
    expect(screen.queryByRole("alert")).toBeNull();
  });
});
