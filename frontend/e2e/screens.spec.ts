import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import {
  ACCOUNT_PATHS,
  ADMIN,
  expect,
  LINK_PATHS,
  placeOrder,
  serveAccount,
  serveManyProducts,
  signIn,
  type TestProduct,
  test,
} from "./shop.ts";

const WIDTHS = [320, 340, 360, 390, 768, 820, 1024, 1366];
const BADGES = [0, 9, 99];
const PICTURE = fileURLToPath(new URL("../demo/stoneware-mug-moss.webp", import.meta.url));
const UNBROKEN = "x".repeat(100);
const LETTER = {
  id: "1".repeat(64),
  topic: "shop.orders",
  partition: 0,
  offset: 41,
  type: `Order${UNBROKEN}`,
  key: UNBROKEN,
  event: JSON.stringify({ address: `https://shop.example/${UNBROKEN}` }),
  reason: `The type ${UNBROKEN} is unknown.`,
  status: "parked",
  parked_at: "2026-01-01T00:00:00Z",
  history: [
    { action: "replay failed", actor: `${UNBROKEN}@shop.example`, at: "2026-01-01T00:00:00Z" },
  ],
};

function makeLongProduct(admin: { makeProduct: (options: object) => Promise<TestProduct> }) {
  const unique = `${Date.now().toString(36)}${Math.floor(Math.random() * 1e6).toString(36)}`;
  const description = "y".repeat(1_000);
  return admin.makeProduct({ name: unique.padEnd(120, "x"), description, quantity: 200 });
}

/** Put a number of items into the cart without loading the page again. */
async function setCart(page: Page, product: TestProduct, quantity: number): Promise<void> {
  await page.evaluate(
    ([id, name, quantity]) => {
      const line = { id, name, quantity, price: 9.99, stock: 200, categories: [], image_url: null };
      const lines = quantity > 0 ? [line] : [];
      localStorage.setItem("kiosk-cart", JSON.stringify({ lines, key: null }));
      dispatchEvent(new StorageEvent("storage", { key: "kiosk-cart" }));
    },
    [product.id, product.name, quantity] as const,
  );
}

/** Load pages once, and return those that scroll sideways at a width. */
async function tooWide(page: Page, product: TestProduct, paths: string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    await page.goto(path);
    await expect(page.locator("main h1").first()).toBeVisible();
    await page.waitForLoadState("networkidle");
    for (const badge of BADGES) {
      await setCart(page, product, badge);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 740 });
        const actual = await page.evaluate(() => document.documentElement.scrollWidth);
        if (actual > width) found.push(`${path} with ${badge} items at ${width}: ${actual}`);
      }
    }
  }
  return found;
}

test("no page of a visitor scrolls sideways", async ({ page, admin }) => {
  test.slow();
  const product = await makeLongProduct(admin);
  const paths = [
    "/",
    "/products",
    `/products?q=${product.name.slice(0, 100)}`,
    `/products?q=zzzz&category=kitchen&min=1&max=9.99&stock=in`,
    `/products/${product.id}`,
    "/cart",
    "/sign-in",
    "/register",
    ...LINK_PATHS,
    "/nowhere",
  ];
  expect(await tooWide(page, product, paths)).toEqual([]);
});

test("no page of a signed-in user scrolls sideways", async ({ page, admin }) => {
  // Given
  test.slow();
  const product = await makeLongProduct(admin);
  await signIn(page, ADMIN);
  await placeOrder(page, product);
  const order = new URL(page.url()).pathname;
  await page.route("**/api/admin/dead-letters/**", (route) =>
    route.fulfill({ json: { dead_letters: [LETTER], next_cursor: null } }),
  );
  await serveAccount(page, UNBROKEN);

  // Then
  const paths = [
    "/",
    "/products",
    `/products/${product.id}`,
    "/cart",
    "/checkout",
    "/orders",
    order,
    ...ACCOUNT_PATHS,
    "/admin",
    "/admin/products",
    "/admin/products?edit=new",
    `/admin/products?edit=${product.id}`,
    "/admin/categories",
    "/admin/orders",
    `/admin${order}`,
    `/admin${order}/packing-slip`,
    "/admin/orders/pick-list",
    "/admin/delivery-methods?edit=new",
    "/admin/users",
    `/admin/users/${await admin.accountId()}`,
    "/admin/dead-letters",
    "/nowhere",
  ];
  expect(await tooWide(page, product, paths)).toEqual([]);
});

test("an open cart and the search suggestions fit every width", async ({ page, admin }) => {
  // Given
  const product = await makeLongProduct(admin);
  await page.goto("/sign-in");
  await setCart(page, product, 99);

  for (const width of WIDTHS) {
    // When
    await page.setViewportSize({ width, height: 740 });
    const search = page.getByRole("combobox", { name: "Search products" });
    await search.fill(product.name.slice(0, 30));
    const option = page.getByRole("option").first();
    await expect(option).toBeVisible();

    // Then
    const box = await option.boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
    expect(box?.width).toBeGreaterThan(200);

    // When
    await search.press("Escape");
    await page.getByRole("button", { name: /^Cart/ }).click();
    const drawer = page.getByRole("dialog", { name: "Your cart" });
    await expect(drawer.getByText(product.name)).toBeVisible();

    // Then
    expect(await drawer.evaluate((each) => each.scrollWidth - each.clientWidth)).toBe(0);
    await page.keyboard.press("Escape");
    await expect(drawer).toBeHidden();
  }
});

/** Return the buttons, fields and links that are smaller than 44 px. Links in a text are exempt. */
async function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const targets = document.querySelectorAll("a[href], button, input, select, summary");
    // A label belongs to its field, and the link of an order covers its row.
    const area = (each: Element) => each.closest("label, .order-row") ?? each;
    return [...targets].flatMap((target) => {
      const isLinkInText = target.matches("a") && getComputedStyle(target).display === "inline";
      const isSkipLink = target.matches(".skip-link");
      const { width, height } = area(target).getBoundingClientRect();
      const isVisible = target.checkVisibility({ visibilityProperty: true }) && height > 1;
      if (!isVisible || isLinkInText || isSkipLink || (height >= 43.9 && width >= 43.9)) return [];
      return [`${Math.round(width)} x ${Math.round(height)}: ${target.outerHTML.slice(0, 120)}`];
    });
  });
}

for (const width of [360, 1280]) {
  test(`everything that can be clicked has 44 px at ${width} px`, async ({ page, admin }) => {
    // Given
    const product = await admin.makeProduct({ quantity: 3 });
    await page.setViewportSize({ width, height: 740 });
    await signIn(page, ADMIN);
    await placeOrder(page, product);
    const order = new URL(page.url()).pathname;
    await serveAccount(page, "Ann");

    // Then
    for (const path of [
      "/",
      "/products?category=kitchen&min=1",
      `/products/${product.id}`,
      "/cart",
      "/checkout",
      "/orders",
      order,
      ...LINK_PATHS,
      ...ACCOUNT_PATHS,
    ]) {
      await page.goto(path);
      await expect(page.locator("main h1")).toBeVisible();
      await setCart(page, product, 2);
      await page.waitForLoadState("networkidle");
      expect(await smallTargets(page), path).toEqual([]);
    }

    // When
    await page.getByRole("button", { name: /^Cart/ }).click();
    await expect(page.getByRole("dialog", { name: "Your cart" })).toBeVisible();

    // Then
    expect(await smallTargets(page), "cart drawer").toEqual([]);
  });
}

for (const [width, height, share] of [
  [360, 740, 0.08],
  [740, 360, 0.15],
] as const) {
  test(`the header is low on a phone of ${width} x ${height} px`, async ({ page }) => {
    await serveManyProducts(page);
    await page.setViewportSize({ width, height });
    await page.goto("/products");
    await expect(page.locator(".product-card a").first()).toBeVisible();
    await page.mouse.wheel(0, 1_500);
    await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(500);
    const lowest = await page.evaluate(() => {
      const boxes = [...document.querySelectorAll(".site-header, .category-bar")];
      return Math.max(...boxes.map((box) => box.getBoundingClientRect().bottom));
    });
    expect(lowest / height).toBeLessThan(share);
  });
}

test("a phone shows the first product of the home page without scrolling far", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto("/");
  const box = await page.locator(".product-card a").first().boundingBox();
  expect(box?.y).toBeLessThan(560);
});

test("the bar with the button does not hide the price on a small phone", async ({
  page,
  admin,
}) => {
  const product = await admin.makeProduct({ quantity: 3 });
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto(`/products/${product.id}`);
  const price = await page.locator(".product-price").boundingBox();
  const bar = await page.locator(".buy-box").boundingBox();
  expect((price?.y ?? 0) + (price?.height ?? 0)).toBeLessThan(bar?.y ?? 0);
});

test.describe("on a screen with two pixels per CSS pixel", () => {
  test.use({ deviceScaleFactor: 2, viewport: { width: 360, height: 740 } });

  test("a picture is loaded in the size that its place needs", async ({ page, admin }) => {
    // Given
    const product = await admin.makeProduct();
    await admin.setPicture(product.id, readFileSync(PICTURE));
    const source = (image: HTMLImageElement) => new URL(image.currentSrc).searchParams.get("size");

    // When
    await page.goto(`/products?q=${product.name}`);

    // Then
    const card = page.locator(".product-card img").first();
    await expect.poll(() => card.evaluate(source)).toBe("thumb");

    // When
    await page.goto(`/products/${product.id}`);

    // Then
    const picture = page.getByRole("img", { name: `Picture of ${product.name}` });
    await expect.poll(() => picture.evaluate(source)).toBe("medium");
  });
});

for (const path of ["/", "/products"]) {
  for (const width of [360, 768, 900, 1024, 1366]) {
    test(`pictures of ${path} at ${width} px are as wide as they say`, async ({ page }) => {
      await serveManyProducts(page);
      await page.setViewportSize({ width, height: 740 });
      await page.goto(path);
      const image = page.locator(".product-card img").first();
      await expect(image).toBeVisible();
      const { actual, stated } = await image.evaluate((each: HTMLImageElement) => {
        const source = each.sizes.split(",").find((part) => {
          const media = /^\s*(\(.*?\))\s/.exec(part)?.[1];
          return !media || matchMedia(media).matches;
        });
        const box = document.createElement("div");
        box.style.width = (source ?? "").replace(/^\s*\(.*?\)\s/, "");
        document.body.append(box);
        return { actual: each.clientWidth, stated: box.clientWidth };
      });
      expect(Math.abs(actual - stated)).toBeLessThan(8);
    });
  }
}

for (const width of [360, 600, 768, 900, 1024, 1366]) {
  test(`the rows of the home page are full at ${width} px`, async ({ page }) => {
    await serveManyProducts(page);
    await page.setViewportSize({ width, height: 740 });
    await page.goto("/");
    await expect(page.locator(".product-card a").first()).toBeVisible();
    const rows = await page.evaluate(() =>
      [...document.querySelectorAll("ul.product-grid")].map((grid) => {
        const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
        return grid.children.length % columns;
      }),
    );
    expect(rows.every((rest) => rest === 0)).toBe(true);
  });
}
