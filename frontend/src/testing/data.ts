import type { OrderBody, ProductBody } from "@/api";

export const MUG_ID = "a".repeat(24);
export const BOWL_ID = "b".repeat(24);
export const ORDER_ID = "c".repeat(24);

export function aProduct(part: Partial<ProductBody> = {}): ProductBody {
  return {
    id: MUG_ID,
    name: "mug",
    description: "Holds tea.",
    price: 14.5,
    quantity: 10,
    categories: ["kitchen"],
    image_url: null,
    archived: false,
    version: 1,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
    ...part,
  };
}

export function anOrder(part: Partial<OrderBody> = {}): OrderBody {
  return {
    id: ORDER_ID,
    email: "ada@example.com",
    status: "PENDING",
    reason: null,
    cost: 29,
    created_at: "2026-01-01T00:00:00Z",
    cancel_confirmed: false,
    products: [{ product_id: MUG_ID, name: "mug", price: 14.5, quantity: 2, reason: null }],
    history: [{ status: "PENDING", at: "2026-01-01T00:00:00Z" }],
    ...part,
  };
}

/** A token that nobody verifies here, with the claims that the shop reads. */
export function aToken(part: Record<string, unknown> = {}): string {
  const claims = { email: "ada@example.com", role: "user", iat: 1000, exp: 1900, ...part };
  const encode = (value: object) => btoa(JSON.stringify(value)).replaceAll("=", "");
  return `${encode({ alg: "none" })}.${encode(claims)}.signature`;
}
