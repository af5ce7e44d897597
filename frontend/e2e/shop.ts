/** What the journeys share: accounts, an admin's API client, and common steps. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  type APIRequestContext,
  type BrowserContext,
  test as base,
  expect,
  type Page,
} from "@playwright/test";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
export const ADMIN = "admin@admin.com";
export const SHOPPER = "aaa@aaa.com";
export const OTHER_SHOPPER = "bbb@bbb.com";

export interface TestProduct {
  id: string;
  name: string;
}

interface ProductOptions {
  name?: string;
  description?: string;
  price?: number;
  quantity?: number;
}

/** Creates products for one test, and changes them while a page is open. */
export class Admin {
  #request: APIRequestContext;
  #token = "";

  constructor(request: APIRequestContext) {
    this.#request = request;
  }

  async signIn(): Promise<void> {
    const response = await this.#request.post("/api/login", {
      data: { email: ADMIN, password: ADMIN },
    });
    expect(response.status()).toBe(200);
    this.#token = (await response.json()).access_token;
  }

  async makeProduct(options: ProductOptions = {}): Promise<TestProduct> {
    const name = `test product ${Date.now().toString(36)}${Math.floor(Math.random() * 1e4)}`;
    const product = {
      name,
      description: "Created by a test.",
      price: 9.99,
      quantity: 20,
      categories: ["kitchen"],
      ...options,
    };
    const response = await this.#request.post("/api/products", {
      data: { product },
      headers: this.headers(),
    });
    expect(response.status(), await response.text()).toBe(201);
    const { id } = await response.json();
    await this.#waitForProjection(id);
    return { id, name: product.name };
  }

  async change(id: string, data: object): Promise<void> {
    const { headers } = await this.#request
      .get(`/api/products/${id}`)
      .then((response) => ({ headers: response.headers() }));
    const response = await this.#request.patch(`/api/products/${id}`, {
      data,
      headers: { ...this.headers(), "If-Match": headers.etag ?? "" },
    });
    expect(response.status(), await response.text()).toBe(200);
  }

  async setPicture(id: string, data: Buffer): Promise<void> {
    const response = await this.#request.put(`/api/products/${id}/image`, {
      data,
      headers: { ...this.headers(), "Content-Type": "image/webp" },
    });
    expect(response.status(), await response.text()).toBe(200);
  }

  /** Wait until orders-ms knows that the product is sold out. */
  async waitUntilSoldOut(id: string): Promise<void> {
    await expect(async () => {
      const data = { products: [{ id, quantity: 1 }] };
      const response = await this.#request.post("/api/orders", { data, headers: this.headers() });
      expect(response.status()).toBe(409);
    }).toPass();
  }

  /** Add a delivery method, or replace the one with this id. */
  async putDeliveryMethod(id: string, fee: number): Promise<void> {
    const response = await this.#request.put(`/api/admin/delivery-methods/${id}`, {
      data: { name: `Parcel ${id}`, countries: ["DE"], fees: [{ from: 0, fee }], days: 3 },
      headers: this.headers(),
    });
    expect(response.status(), await response.text()).toBe(200);
  }

  async deleteDeliveryMethod(id: string): Promise<void> {
    const path = `/api/admin/delivery-methods/${id}`;
    expect((await this.#request.delete(path, { headers: this.headers() })).status()).toBe(204);
  }

  /** Return the id of the admin's account. */
  async accountId(): Promise<string> {
    const response = await this.#request.get("/api/me", { headers: this.headers() });
    return (await response.json()).id;
  }

  headers(): Record<string, string> {
    return { Authorization: `Bearer ${this.#token}` };
  }

  /** Wait until orders-ms knows the product, which an order with a wrong price reveals. */
  async #waitForProjection(id: string): Promise<void> {
    await expect(async () => {
      const data = { products: [{ id, quantity: 1, price: 0.01 }] };
      const response = await this.#request.post("/api/orders", { data, headers: this.headers() });
      expect(response.status()).toBe(409);
    }).toPass();
  }
}

export const test = base.extend<{ admin: Admin }>({
  admin: async ({ request }, use) => {
    const admin = new Admin(request);
    await admin.signIn();
    await use(admin);
  },
});

export { expect };

export async function signIn(page: Page, email: string, password = email): Promise<void> {
  await page.goto("/sign-in");
  await fillInSignIn(page, email, password);
  await expect(page.getByRole("button", { name: "Account" })).toBeVisible();
}

export async function fillInSignIn(page: Page, email: string, password = email): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
}

export async function addToCart(page: Page, product: TestProduct): Promise<void> {
  await page.goto(`/products/${product.id}`);
  await page.getByRole("button", { name: "Add to cart", exact: true }).click();
  await expect(
    page.getByRole("dialog", { name: "Your cart" }).getByText(product.name),
  ).toBeVisible();
}

export async function placeOrder(page: Page, product: TestProduct): Promise<void> {
  await addToCart(page, product);
  await page.getByRole("link", { name: "Check out" }).click();
  await page.getByRole("button", { name: "Order with obligation to pay" }).click();
  await page.waitForURL(/\/orders\/[0-9a-f]{24}$/);
}

export function orderStatus(page: Page, status: string) {
  return page.getByRole("heading", { level: 1, name: status });
}

/** Send a signal to a program of the stack. */
export function signal(program: string, name: "STOP" | "CONT"): void {
  stack("kill", program, "--signal", name);
}

/** Run a command of the stack, and return what it prints. */
function stack(...command: string[]): string {
  const python = `${REPOSITORY}.local/venv/bin/python`;
  return execFileSync(python, ["-m", "stack", ...command], { cwd: REPOSITORY, encoding: "utf8" });
}

/** Wait for the last mail to an address with a subject, and return its text. */
export async function mailTo(recipient: string, subject: string): Promise<string> {
  let text: string | undefined;
  await expect(() => {
    const mails = stack("mail").split(/^== /m);
    text = mails.findLast(
      (mail) => mail.includes(`\nTo: ${recipient}\n`) && mail.includes(`\nSubject: ${subject}`),
    );
    expect(text, `a mail to ${recipient}`).toBeTruthy();
  }).toPass();
  return text ?? "";
}

/** Wait for a mail, and return the link with a token that it contains. */
export async function linkTo(recipient: string, subject: string): Promise<string> {
  const text = await mailTo(recipient, subject);
  return /^http\S+#token=\S+$/m.exec(text)?.[0] ?? "";
}

/** Record exceptions and violations of the Content Security Policy. */
export function watchForErrors(context: BrowserContext): string[] {
  const errors: string[] = [];
  context.on("weberror", (error) => errors.push(error.error().message));
  context.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) errors.push(message.text());
  });
  return errors;
}

/** The pages that links in mails lead to, with a token and without. */
export const LINK_PATHS = [
  "/forgot-password",
  ...["/reset-password", "/verify-email", "/confirm-email-change", "/undo-email-change"].flatMap(
    (path) => [path, `${path}#token=${"a".repeat(43)}`],
  ),
];

/** The pages that `serveAccount` fills. */
export const ACCOUNT_PATHS = [
  "/account",
  "/account/addresses",
  "/account/addresses?edit=new",
  `/account/addresses?edit=${"1".repeat(24)}`,
  "/account/sessions",
  "/admin/mails",
];

/** Serve an account with a pending address, addresses and sessions, and parked mails. */
export async function serveAccount(page: Page, word: string): Promise<void> {
  const time = "2026-01-01T00:00:00Z";
  const email = `${word}@shop.example`;
  const id = "1".repeat(24);
  const address = { name: word, company: word, lines: [word, word], city: word, phone: "" };
  const session = { device: "Samsung Internet on Android", started_at: time, last_used_at: time };
  const mail = {
    ...{ id: "2".repeat(32), template: "email-verification", recipient: email, attempts: 1 },
    ...{ status: "parked", created_at: time, changed_at: time, reason: `550 ${word} is unknown` },
  };
  const mails = { mails: [mail], next_cursor: null };
  const answers = {
    "/api/me": {
      ...{ id, email, role: "admin", verified: false, name: word, locale: null },
      pending_email: { email, expires_at: time },
    },
    "/api/me/addresses": {
      addresses: ["1", "2"].map((digit) => ({
        ...{ id: digit.repeat(24), ...address, postcode: "10117", region: word, country: "DE" },
        default: digit === "1",
      })),
    },
    "/api/me/sessions": {
      sessions: [1, 2].map((number) => ({ id: `${number}`, ...session, current: number === 1 })),
    },
    "/api/admin/mails/authentication": mails,
    "/api/admin/mails/orders": mails,
  };
  for (const [path, json] of Object.entries(answers)) {
    await page.route(
      ({ pathname }) => pathname === path,
      (route) => route.fulfill({ json }),
    );
  }
}

const CATALOGUE_SIZE = 60;

interface ServedProducts {
  delayMilliseconds?: number;
}

/** Serve a catalogue of sixty products with pictures, page by page. */
export async function serveManyProducts(
  page: Page,
  { delayMilliseconds = 0 }: ServedProducts = {},
): Promise<void> {
  await page.route(/\/api\/products\?/, async (route) => {
    const query = new URL(route.request().url()).searchParams;
    const first = Number(query.get("cursor") ?? 0);
    const next = Math.min(first + Number(query.get("limit")), CATALOGUE_SIZE);
    await new Promise((resolve) => setTimeout(resolve, delayMilliseconds));
    await route.fulfill({
      json: {
        products: Array.from({ length: next - first }, (_, index) => aProduct(first + index)),
        next_cursor: next < CATALOGUE_SIZE ? String(next) : null,
        total: CATALOGUE_SIZE,
        total_capped: false,
      },
    });
  });
}

function aProduct(number: number): object {
  return {
    id: number.toString(16).padStart(24, "0"),
    name: `product ${number}`,
    description: "",
    price: 9.99,
    quantity: 20,
    categories: ["kitchen"],
    image_url: "/favicon.svg",
    archived: false,
    version: 1,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
  };
}
