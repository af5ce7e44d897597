import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { aProduct } from "./data";

/** A shop with two products and one category; a test adds what it is about. */
export const server = setupServer(
  http.get("*/api/categories", () => HttpResponse.json({ categories: [{ name: "kitchen" }] })),
  http.get("*/api/products", () => HttpResponse.json(productPage([aProduct()]))),
);

export function productPage(products: ReturnType<typeof aProduct>[]) {
  return { products, next_cursor: null, total: products.length, total_capped: false };
}

/** An answer as RFC 9457 has it. */
export function problem(status: number, type: string, detail: string, errors?: object[]) {
  return HttpResponse.json(
    {
      type: `/problems/${type}`,
      title: "No",
      status,
      detail,
      instance: "/",
      request_id: "r1",
      errors,
    },
    { status, headers: { "Content-Type": "application/problem+json" } },
  );
}
