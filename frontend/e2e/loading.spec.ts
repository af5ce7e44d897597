import { expect, test } from "./shop.ts";

for (const path of ["/", "/products", "a product"]) {
  test(`the first products of ${path} are requested early, and once`, async ({ page, admin }) => {
    // Given
    const product = path.startsWith("/") ? null : await admin.makeProduct();
    const requested: string[] = [];
    page.on("request", (request) => {
      const { pathname, search } = new URL(request.url());
      if (pathname.startsWith("/api/products")) requested.push(pathname + search);
    });

    // When
    await page.goto(product ? `/products/${product.id}` : path);
    await expect(page.locator(".product-card a, .product-price").first()).toBeVisible();
    await page.waitForLoadState("networkidle");

    // Then
    const preload = await page.locator("link[rel=preload][as=fetch]").getAttribute("href");
    expect(requested.filter((address) => address === preload)).toHaveLength(1);
  });
}
