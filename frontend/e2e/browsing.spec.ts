import { expect, serveManyProducts, test } from "./shop.ts";

test("the URL stores the view, so that back and reload restore it", async ({ page, admin }) => {
  // Given
  await admin.makeProduct();

  // When
  await page.goto("/products");
  await page.getByRole("radio", { name: "Kitchen" }).click();

  // Then
  await expect(page.getByRole("heading", { level: 1, name: "Kitchen" })).toBeVisible();

  // When
  await page.getByLabel("Sort").selectOption("price");

  // Then
  await expect(page).toHaveURL(/category=kitchen&sort=price/);

  // When
  await page.reload();

  // Then
  await expect(page.getByRole("heading", { level: 1, name: "Kitchen" })).toBeVisible();
  await expect(page.getByLabel("Sort")).toHaveValue("price");

  // When
  await page.getByRole("main").getByRole("listitem").last().getByRole("link").click();

  // Then
  await expect(page).toHaveURL(/\/products\/[0-9a-f]{24}$/);

  // When
  await page.goBack();

  // Then
  await expect(page).toHaveURL(/category=kitchen&sort=price/);

  // When
  await page.goBack();

  // Then
  await expect(page).toHaveURL(/category=kitchen$/);

  // When
  await page.goBack();

  // Then
  await expect(page.getByRole("heading", { level: 1, name: "All products" })).toBeVisible();
});

test("going back restores the scroll position", async ({ page }) => {
  // Given
  await page.setViewportSize({ width: 360, height: 500 });

  // When
  await page.goto("/products");

  // Then
  const link = page.getByRole("main").locator(".product-card a").last();
  await link.scrollIntoViewIfNeeded();
  const before = await page.evaluate(() => scrollY);
  expect(before).toBeGreaterThan(300);

  // When
  await link.click();

  // Then
  await expect(page).toHaveURL(/\/products\/[0-9a-f]{24}$/);

  // When
  await page.goBack();

  // Then
  await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(before - 50);
});

test("a new page starts at the top, and a changed filter keeps the position", async ({ page }) => {
  // Given
  await page.setViewportSize({ width: 1280, height: 500 });
  await serveManyProducts(page);
  await page.goto("/products");
  await expect(page.locator(".product-card")).toHaveCount(24);
  await page.mouse.wheel(0, 200);
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(200);

  // When
  await page.getByLabel("Sort").selectOption("price");
  await expect(page).toHaveURL(/sort=price/);
  await page.waitForLoadState("networkidle");

  // Then
  expect(await page.evaluate(() => scrollY)).toBe(200);

  // When
  await page.locator(".product-card a").nth(8).click();
  await expect(page).toHaveURL(/\/products\/[0-9a-f]{24}$/);

  // Then
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(0);

  // When
  await page.goBack();

  // Then
  await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThanOrEqual(200);
});

test("the previous page stays while the next one loads", async ({ page }) => {
  // Given
  let load = () => {};
  const mayLoad = new Promise<void>((resolve) => {
    load = resolve;
  });
  await page.route(/\/SignInPage/, async (route) => {
    await mayLoad;
    await route.continue();
  });
  await page.goto("/products");
  const card = page.locator(".product-card").first();
  await expect(card).toBeVisible();

  // When
  await page.getByRole("link", { name: "Sign in" }).click();

  // Then
  await expect(page.locator(".site")).toHaveAttribute("aria-busy", "true");
  await expect(card).toBeVisible();

  // When
  load();

  // Then
  await expect(page.getByRole("heading", { level: 1, name: "Sign in" })).toBeFocused();
  await expect(page.locator(".site")).toHaveAttribute("aria-busy", "false");
});

test("a page whose chunk a release has removed reloads once, and then offers to", async ({
  page,
}) => {
  // Given
  await page.goto("/products");
  await expect(page.locator(".product-card").first()).toBeVisible();
  await page.route(/\/SignInPage/, (route) => route.fulfill({ status: 404 }));
  let loads = 0;
  page.on("load", () => {
    loads += 1;
  });

  // When
  await page.getByRole("link", { name: "Sign in" }).click();

  // Then
  await expect(page.getByText("A part of this page is missing")).toBeVisible();
  await expect.poll(() => loads).toBe(1);
  await expect(page).toHaveTitle(/couldn't be loaded/);

  // When
  await page.getByRole("link", { name: "Kiosk" }).first().click();

  // Then
  await expect(page.getByRole("heading", { level: 1, name: /Well-made things/ })).toBeVisible();

  // When
  await page.unroute(/\/SignInPage/);
  await page.getByRole("link", { name: "Sign in" }).click();

  // Then
  await expect(page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  expect(loads).toBe(1);
});

test("a reload and going back restore the scroll position of a page that loads slowly", async ({
  page,
}) => {
  // Given
  await serveManyProducts(page);
  await page.goto("/products?pages=2");
  await expect(page.locator(".product-card").nth(40)).toBeAttached();
  await page.mouse.wheel(0, 1_500);
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(1_500);
  await serveManyProducts(page, { delayMilliseconds: 500 });

  // When
  await page.reload();

  // Then
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(1_500);

  // When
  await page.goto("/cart");
  await page.goBack();

  // Then
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(1_500);
});

test("a user who scrolls while the page loads keeps that position", async ({ page }) => {
  // Given
  await serveManyProducts(page);
  await page.goto("/products?pages=2");
  await expect(page.locator(".product-card").nth(40)).toBeAttached();
  await page.mouse.wheel(0, 1_500);
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(1_500);
  await serveManyProducts(page, { delayMilliseconds: 500 });

  // When
  await page.reload();
  await page.mouse.wheel(0, 20);
  await expect(page.locator(".product-card").nth(40)).toBeAttached();
  await page.waitForLoadState("networkidle");

  // Then
  expect(await page.evaluate(() => scrollY)).toBeLessThan(1_400);
});

test("an address without a page has the status 404 and the shop's page", async ({ page }) => {
  for (const path of ["/nowhere", "/sitemap.xml", `/products/${"0".repeat(24)}`]) {
    const response = await page.goto(path);
    expect(response?.status(), path).toBe(404);
    await expect(page.getByRole("heading", { level: 1, name: /not found$/ })).toBeVisible();
  }
  const icon = await page.request.get("/favicon.ico");
  expect([icon.status(), icon.headers()["content-type"]]).toEqual([
    200,
    "image/svg+xml; charset=utf-8",
  ]);
});

test("a page opened directly starts at the top", async ({ page }) => {
  // Given
  await page.setViewportSize({ width: 360, height: 500 });

  // When
  await page.goto("/products");
  await page.getByRole("main").locator(".product-card a").last().scrollIntoViewIfNeeded();
  await page.goto("/");

  // Then
  await expect(page.getByRole("heading", { level: 1 })).toBeInViewport();
  expect(await page.evaluate(() => scrollY)).toBe(0);
});

test("a failed list shows an error and can be retried", async ({ page }) => {
  // Given
  await page.route("**/api/products?**", (route) => route.abort());

  // When
  await page.goto("/products");

  // Then
  await expect(page.getByRole("alert")).toContainText("We couldn't reach the shop");

  // When
  await page.unroute("**/api/products?**");
  await page.getByRole("button", { name: "Try again" }).click();

  // Then
  await expect(page.getByRole("main").locator(".product-card").first()).toBeVisible();
});

test("a page that was never opened loads when the browser is online again", async ({
  page,
  context,
}) => {
  // Given
  await page.goto("/products");
  await expect(page.locator(".product-card").first()).toBeVisible();
  await page.waitForLoadState("networkidle");
  await context.setOffline(true);

  // When
  await page.locator(".product-card a").first().click();

  // Then
  const note = page.getByText("You are offline. This loads when you are back online.");
  await expect(note).toBeVisible();

  // When
  await context.setOffline(false);

  // Then
  await expect(page.locator("main h1")).toBeVisible();
  await expect(note).toBeHidden();

  // When
  await context.setOffline(true);
  await page.getByRole("link", { name: "Sign in" }).click();

  // Then
  await expect(page.getByText("This page opens as soon as you are back online.")).toBeVisible();

  // When
  await context.setOffline(false);

  // Then
  await expect(page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
});

test("the page keeps its content and shows a notice while offline", async ({ page, context }) => {
  // When
  await page.goto("/products");

  // Then
  await expect(page.getByRole("main").locator(".product-card").first()).toBeVisible();

  // When
  await context.setOffline(true);

  // Then
  await expect(page.getByText("You are offline. This page updates")).toBeVisible();
  await expect(page.getByRole("main").locator(".product-card").first()).toBeVisible();

  // When
  await context.setOffline(false);

  // Then
  await expect(page.getByText("You are offline. This page updates")).toBeHidden();
});

for (const width of [360, 320]) {
  test(`the layout fits ${width} px and shows the filters in a sheet`, async ({ page }) => {
    // Given
    await page.setViewportSize({ width, height: 740 });

    // When
    for (const path of ["/", "/products", "/cart", "/sign-in", "/register", "/nowhere"]) {
      await page.goto(path);
      await expect(page.locator("h1")).toBeVisible();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    }
    await page.goto("/products");
    await page.getByRole("button", { name: "Filters" }).click();

    // Then
    const sheet = page.getByRole("dialog", { name: "Filters" });
    await sheet.getByText("Kitchen").click();
    await expect(page).toHaveURL(/category=kitchen/);

    // When
    await page.keyboard.press("Escape");

    // Then
    await expect(sheet).toBeHidden();
  });
}

test("the chosen theme is remembered", async ({ page }) => {
  // When
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto("/");

  // Then
  await expect(page.locator("html")).toHaveAttribute("data-bs-theme", "dark");

  // When
  await page.getByRole("button", { name: "Switch to light theme" }).click();
  await page.reload();

  // Then
  await expect(page.locator("html")).toHaveAttribute("data-bs-theme", "light");
});
