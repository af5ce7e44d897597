/**
 * The cart in the browser's storage. Every change starts from the stored cart instead of this tab's
 * copy, so that changes in two tabs do not overwrite each other.
 */
import type { ProductBody } from "@/api";
import { lineRequestLimits } from "@/api/generated/limits.gen";
import { randomKey } from "@/lib/randomKey";
import { createStore } from "@/lib/store";

export interface CartLine {
  id: string;
  name: string;
  categories: string[];
  image_url: string | null;
  quantity: number;
  /** The price that the shopper last saw. */
  price: number;
  /** The stock that the shopper last saw. */
  stock: number;
}

export interface Cart {
  lines: CartLine[];
  /** The idempotency key of the next order. It stays until an order is placed with it. */
  key: string | null;
}

export const CART_KEY = "kiosk-cart";
const EMPTY: Cart = { lines: [], key: null };
/** The maximum quantity of a product in an order. */
export const MAX_QUANTITY = lineRequestLimits.quantity.maximum;
// Without storage, the cart lasts until the page is closed.
let cartWithoutStorage = EMPTY;

export const cartStore = createStore<Cart>(read());

addEventListener("storage", (event) => {
  if (event.key === CART_KEY || event.key === null) cartStore.set(read());
});

export function addLine(product: ProductBody, quantity: number): void {
  changeLines((lines) => {
    const existing = lines.find((line) => line.id === product.id);
    const total = (existing?.quantity ?? 0) + quantity;
    const maximum = Math.min(Math.max(product.quantity, 1), MAX_QUANTITY);
    const added = lineOf(product, Math.min(total, maximum));
    if (!existing) return [...lines, added];
    return lines.map((line) => (line === existing ? added : line));
  });
}

export function setQuantity(id: string, quantity: number): void {
  changeLines((lines) => lines.map((line) => (line.id === id ? { ...line, quantity } : line)));
}

/** Remove a line and return a function that restores it at its position. */
export function removeLine(id: string): () => void {
  const index = read().lines.findIndex((line) => line.id === id);
  const removed = read().lines[index];
  changeLines((lines) => lines.filter((line) => line.id !== id));
  return () => {
    if (removed) changeLines((lines) => withLineAt(lines, removed, index));
  };
}

/** Store the new price and stock of a line, which the shopper has accepted. */
export function acceptChange(id: string, price: number, stock: number): void {
  changeLines((lines) => lines.map((line) => (line.id === id ? { ...line, price, stock } : line)));
}

/** Return the idempotency key of the next order. */
export function cartKey(): string {
  const cart = read();
  const key = cart.key ?? randomKey();
  if (cart.key === null) write({ ...cart, key });
  return key;
}

/**
 * Remove the ordered quantities, and use another key from now on. Items that another tab added in
 * the meantime stay. Nothing happens if another tab has completed the order.
 */
export function completeOrder(
  key: string,
  ordered: readonly { id?: string | null; quantity: number }[],
): void {
  const { key: currentKey, lines } = read();
  if (currentKey !== key) return;
  const counts = new Map(ordered.map((line) => [line.id, line.quantity]));
  const rest = lines
    .map((line) => ({ ...line, quantity: line.quantity - (counts.get(line.id) ?? 0) }))
    .filter((line) => line.quantity > 0);
  write({ lines: rest, key: randomKey() });
}

/** Use another key from now on, so that the same lines can be ordered again. */
export function startNewOrder(): void {
  write({ ...read(), key: randomKey() });
}

export function lineOf(product: ProductBody, quantity: number): CartLine {
  const { id, name, categories, image_url, price } = product;
  return { id, name, categories, image_url, price, quantity, stock: product.quantity };
}

function withLineAt(lines: CartLine[], line: CartLine, index: number): CartLine[] {
  if (lines.some((other) => other.id === line.id)) return lines;
  return lines.toSpliced(index, 0, line);
}

function changeLines(change: (lines: CartLine[]) => CartLine[]): void {
  const cart = read();
  write({ lines: change(cart.lines), key: cart.key ?? randomKey() });
}

function write(cart: Cart): void {
  try {
    localStorage.setItem(CART_KEY, JSON.stringify(cart));
  } catch {
    cartWithoutStorage = cart;
  }
  cartStore.set(cart);
}

function read(): Cart {
  try {
    const stored = localStorage.getItem(CART_KEY);
    return stored === null ? EMPTY : withValidLines(JSON.parse(stored));
  } catch {
    return cartWithoutStorage;
  }
}

/** Drop lines that are not valid: an older version of the shop may have stored them. */
function withValidLines(value: unknown): Cart {
  const cart = value as Partial<Cart> | null;
  const lines = Array.isArray(cart?.lines) ? cart.lines.filter(isLine) : [];
  return { lines, key: typeof cart?.key === "string" ? cart.key : null };
}

function isLine(line: CartLine): boolean {
  const isCount = Number.isInteger(line?.quantity) && line.quantity > 0;
  return isCount && typeof line.id === "string" && typeof line.price === "number";
}
