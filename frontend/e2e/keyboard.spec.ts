import type { Page } from "@playwright/test";
import {
  ACCOUNT_PATHS,
  ADMIN,
  addToCart,
  expect,
  fillInSignIn,
  LINK_PATHS,
  orderStatus,
  SHOPPER,
  serveAccount,
  serveManyProducts,
  signIn,
  test,
} from "./shop.ts";

/** Press Tab until an element with this name has the focus. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let step = 0; step < 60; step += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
    });
    if (name.test(focused)) return;
  }
  throw new Error(`Tab never reached ${name}.`);
}

test("an order can be placed with the keyboard alone", async ({ page, admin }) => {
  // Given
  const product = await admin.makeProduct();

  // When
  await page.goto("/");

  // Then
  await expect(page.locator("main h1")).toBeVisible();

  // When
  await page.keyboard.press("Tab");

  // Then
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();

  // When
  await page.keyboard.press("/");
  await page.keyboard.type(product.name);

  // Then
  await expect(page.getByRole("option", { name: new RegExp(product.name) })).toBeVisible();

  // When
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");

  // Then
  const heading = page.getByRole("heading", { level: 1, name: new RegExp(product.name, "i") });
  await expect(heading).toBeFocused();

  // When
  await tabTo(page, /^Add to cart$/);
  await page.keyboard.press("Enter");

  // Then
  const cart = page.getByRole("dialog", { name: "Your cart" });
  await expect(cart).toBeVisible();

  // When
  await page.keyboard.press("Escape");

  // Then
  await expect(cart).toBeHidden();
  await expect(page.getByRole("button", { name: "Add to cart", exact: true })).toBeFocused();

  // When
  await page.keyboard.press("Enter");

  // Then
  await expect(cart).toBeVisible();

  // When
  await tabTo(page, /^Check out$/);
  await page.keyboard.press("Enter");

  // Then
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeFocused();

  // When
  await fillInSignIn(page, SHOPPER);

  // Then
  await expect(page.getByRole("button", { name: "Order with obligation to pay" })).toBeEnabled();

  // When
  await tabTo(page, /^Order with obligation to pay$/);
  await page.keyboard.press("Enter");

  // Then
  await expect(orderStatus(page, "Accepted")).toBeVisible();
});

/** Return whether the focus is inside a part of the page. */
function hasFocus(page: Page, selector: string): Promise<boolean> {
  return page.evaluate((each) => document.activeElement?.closest(each) !== null, selector);
}

test("Tab reaches the first new product after Show more", async ({ page }) => {
  // Given
  await serveManyProducts(page);
  await page.goto("/products");
  const cards = page.locator(".product-card");
  await expect(cards).toHaveCount(24);

  // When
  await page.getByRole("button", { name: "Show more" }).focus();
  await page.keyboard.press("Enter");
  await expect(cards).toHaveCount(48);
  await page.keyboard.press("Tab");

  // Then
  await expect(cards.nth(24).getByRole("link")).toBeFocused();
});

test("the focus stays in place when what it was on disappears", async ({ page, admin }) => {
  // Given
  const products = [await admin.makeProduct(), await admin.makeProduct()];
  for (const product of products) await addToCart(page, product);
  const drawer = page.getByRole("dialog", { name: "Your cart" });

  // When
  await drawer.getByRole("button", { name: `Remove ${products[0]?.name}` }).focus();
  await page.keyboard.press("Enter");

  // Then
  await expect(drawer.getByRole("link", { name: products[1]?.name })).toBeFocused();

  // When
  await drawer.getByRole("button", { name: `Remove ${products[1]?.name}` }).focus();
  await page.keyboard.press("Enter");

  // Then
  await expect(drawer.getByRole("link", { name: "Shop all products" })).toBeFocused();

  // When
  await page.goto("/products?category=kitchen&stock=in");
  await page.getByRole("list", { name: "Active filters" }).getByRole("button").first().focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/products?stock=in");

  // Then
  await expect.poll(() => hasFocus(page, ".active-filters")).toBe(true);

  // When
  await page.getByLabel("To", { exact: true }).fill("50");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/max=50/);
  await page.waitForLoadState("networkidle");

  // Then
  await expect(page.getByLabel("To", { exact: true })).toBeFocused();
});

/** Press Tab through a page, and return the elements that do not show their focus. */
async function withoutFocusRing(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (let step = 0; step < 150; step += 1) {
    await page.keyboard.press("Tab");
    const { isPage, html } = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return { isPage: false, html: "" };
      const showsRing = (each: Element | null) => {
        if (!each) return false;
        const { outlineStyle, outlineWidth } = getComputedStyle(each);
        return outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
      };
      // A visually hidden input shows its focus at what follows it.
      const shows = showsRing(element) || showsRing(element.nextElementSibling);
      return { isPage: true, html: shows ? "" : element.outerHTML.slice(0, 120) };
    });
    if (!isPage && step > 0) break;
    if (html) found.push(html);
  }
  return found;
}

for (const path of ["/", "/products", "/cart", "/sign-in", "/register", ...LINK_PATHS]) {
  test(`every element of ${path} shows its focus`, async ({ page }) => {
    await page.goto(path);
    await expect(page.locator("main h1")).toBeVisible();
    await page.waitForLoadState("networkidle");
    expect(await withoutFocusRing(page)).toEqual([]);
  });
}

for (const path of [
  ...ACCOUNT_PATHS,
  "/admin",
  "/admin/products",
  "/admin/categories",
  "/admin/users",
]) {
  test(`every element of ${path} shows its focus to an admin`, async ({ page }) => {
    await signIn(page, ADMIN);
    await serveAccount(page, "Ann");
    await page.goto(path);
    await expect(page.locator("main h1")).toBeVisible();
    await page.waitForLoadState("networkidle");
    expect(await withoutFocusRing(page)).toEqual([]);
  });
}
