/**
 * The cart as this browser keeps it. Every change starts from what is stored, not from what this
 * tab last saw, so that changes of two tabs come together.
 */
import type { ProductBody } from "@/api";
import { MOST_PER_LINE } from "@/lib/settings";
import { createStore } from "@/lib/store";

export interface CartLine {
  id: string;
  name: string;
  categories: string[];
  image_url: string | null;
  quantity: number;
  /** The price and the stock that the shopper saw last. */
  price: number;
  stock: number;
}

/** A checkout that was begun: its key is sent again until its answer has been read. */
export interface Attempt {
  key: string;
  fingerprint: string;
  /** Whether a request with it may have been carried out. */
  wasSent: boolean;
}

export interface Cart {
  lines: CartLine[];
  attempt: Attempt | null;
}

export const CART_KEY = "kiosk-cart";
const EMPTY: Cart = { lines: [], attempt: null };
// Where the browser keeps nothing, the cart lives as long as the page.
let unreadable = EMPTY;

export const cartStore = createStore<Cart>(read());

addEventListener("storage", (event) => {
  if (event.key === CART_KEY || event.key === null) cartStore.set(read());
});

export function addLine(product: ProductBody, quantity: number): void {
  changeLines((lines) => {
    const there = lines.find((each) => each.id === product.id);
    const wanted = (there?.quantity ?? 0) + quantity;
    const most = Math.min(Math.max(product.quantity, 1), MOST_PER_LINE);
    const line = lineOf(product, Math.min(wanted, most));
    return there ? lines.map((each) => (each === there ? line : each)) : [...lines, line];
  });
}

export function setQuantity(id: string, quantity: number): void {
  changeLines((lines) => lines.map((each) => (each.id === id ? { ...each, quantity } : each)));
}

/** Take a line out; what is returned puts it back where it was. */
export function removeLine(id: string): () => void {
  const index = read().lines.findIndex((each) => each.id === id);
  const line = read().lines[index];
  changeLines((lines) => lines.filter((each) => each.id !== id));
  return () => {
    if (line) changeLines((lines) => withLineAt(lines, line, index));
  };
}

/** The shopper has seen the new price and the new stock of a line. */
export function acceptChange(id: string, price: number, stock: number): void {
  changeLines((lines) => lines.map((each) => (each.id === id ? { ...each, price, stock } : each)));
}

/** Take out what was ordered; what another tab added meanwhile stays. */
export function takeOut(ordered: readonly { id?: string | null; quantity: number }[]): void {
  const counts = new Map(ordered.map((each) => [each.id, each.quantity]));
  changeLines((lines) =>
    lines
      .map((line) => ({ ...line, quantity: line.quantity - (counts.get(line.id) ?? 0) }))
      .filter((line) => line.quantity > 0),
  );
}

export function setAttempt(attempt: Attempt | null): void {
  write({ ...read(), attempt });
}

export function lineOf(product: ProductBody, quantity: number): CartLine {
  const { id, name, categories, image_url, price } = product;
  return { id, name, categories, image_url, price, quantity, stock: product.quantity };
}

function withLineAt(lines: CartLine[], line: CartLine, index: number): CartLine[] {
  if (lines.some((each) => each.id === line.id)) return lines;
  return lines.toSpliced(index, 0, line);
}

function changeLines(change: (lines: CartLine[]) => CartLine[]): void {
  const cart = read();
  write({ ...cart, lines: change(cart.lines) });
}

function write(cart: Cart): void {
  try {
    localStorage.setItem(CART_KEY, JSON.stringify(cart));
  } catch {
    unreadable = cart;
  }
  cartStore.set(cart);
}

function read(): Cart {
  try {
    const stored = localStorage.getItem(CART_KEY);
    return stored === null ? EMPTY : checked(JSON.parse(stored));
  } catch {
    return unreadable;
  }
}

/** What is stored may come from an older version or another hand. */
function checked(value: unknown): Cart {
  const cart = value as Partial<Cart> | null;
  const lines = Array.isArray(cart?.lines) ? cart.lines.filter(isLine) : [];
  return { lines, attempt: cart?.attempt ?? null };
}

function isLine(line: CartLine): boolean {
  const isCount = Number.isInteger(line?.quantity) && line.quantity > 0;
  return isCount && typeof line.id === "string" && typeof line.price === "number";
}
