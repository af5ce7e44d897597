import { expect, test } from "./shop.ts";

test("the URL stores the view, so that back and reload restore it", async ({ page, admin }) => {
  await admin.makeProduct();
  await page.goto("/products");
  await page.getByRole("radio", { name: "Kitchen" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Kitchen" })).toBeVisible();
  await page.getByLabel("Sort").selectOption("price");
  await expect(page).toHaveURL(/category=kitchen&sort=price/);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Kitchen" })).toBeVisible();
  await expect(page.getByLabel("Sort")).toHaveValue("price");
  await page.getByRole("main").getByRole("listitem").last().getByRole("link").click();
  await expect(page).toHaveURL(/\/products\/[0-9a-f]{24}$/);
  await page.goBack();
  await expect(page).toHaveURL(/category=kitchen&sort=price/);
  await page.goBack();
  await expect(page).toHaveURL(/category=kitchen$/);
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: "All products" })).toBeVisible();
});

test("going back restores the scroll position", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 500 });
  await page.goto("/products");
  const link = page.getByRole("main").locator(".product-card a").last();
  await link.scrollIntoViewIfNeeded();
  const before = await page.evaluate(() => scrollY);
  expect(before).toBeGreaterThan(300);
  await link.click();
  await expect(page).toHaveURL(/\/products\/[0-9a-f]{24}$/);
  await page.goBack();
  await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(before - 50);
});

test("a page opened directly starts at the top", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 500 });
  await page.goto("/products");
  await page.getByRole("main").locator(".product-card a").last().scrollIntoViewIfNeeded();
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toBeInViewport();
  expect(await page.evaluate(() => scrollY)).toBe(0);
});

test("a failed list shows an error and can be retried", async ({ page }) => {
  await page.route("**/api/products?**", (route) => route.abort());
  await page.goto("/products");
  await expect(page.getByRole("alert")).toContainText("You are offline");
  await page.unroute("**/api/products?**");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("main").locator(".product-card").first()).toBeVisible();
});

test("the page keeps its content and shows a notice while offline", async ({ page, context }) => {
  await page.goto("/products");
  await expect(page.getByRole("main").locator(".product-card").first()).toBeVisible();
  await context.setOffline(true);
  await expect(page.getByText("You are offline. This page updates")).toBeVisible();
  await expect(page.getByRole("main").locator(".product-card").first()).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByText("You are offline. This page updates")).toBeHidden();
});

for (const width of [360, 320]) {
  test(`the layout fits ${width} px and shows the filters in a sheet`, async ({ page }) => {
    await page.setViewportSize({ width, height: 740 });
    for (const path of ["/", "/products", "/cart", "/sign-in", "/register", "/nowhere"]) {
      await page.goto(path);
      await expect(page.locator("h1")).toBeVisible();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    }
    await page.goto("/products");
    await page.getByRole("button", { name: "Filters" }).click();
    const sheet = page.getByRole("dialog", { name: "Filters" });
    await sheet.getByText("Kitchen").click();
    await expect(page).toHaveURL(/category=kitchen/);
    await page.keyboard.press("Escape");
    await expect(sheet).toBeHidden();
  });
}

test("the chosen theme is remembered", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto("/");
  await expect(page.locator("html")).toHaveAttribute("data-bs-theme", "dark");
  await page.getByRole("button", { name: "Switch to light theme" }).click();
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-bs-theme", "light");
});
