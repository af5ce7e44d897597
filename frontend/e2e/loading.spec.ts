import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "./shop.ts";

const PICTURE = fileURLToPath(new URL("../demo/stoneware-mug-moss.webp", import.meta.url));

test.use({ viewport: { width: 360, height: 740 }, deviceScaleFactor: 2 });

for (const path of ["/", "/products", "a product"]) {
  test(`what ${path} shows first is requested early, and once`, async ({ page, admin }) => {
    // Given
    const product = await admin.makeProduct();
    await admin.setPicture(product.id, readFileSync(PICTURE));
    const requested: string[] = [];
    page.on("request", (request) => {
      const { pathname, search } = new URL(request.url());
      if (pathname.startsWith("/api/products")) requested.push(pathname + search);
    });

    // When
    await page.goto(path.startsWith("/") ? path : `/products/${product.id}`);
    await expect(page.locator(".product-card a, .product-price").first()).toBeVisible();
    await page.waitForLoadState("networkidle");

    // Then
    const [early] = requested;
    expect(requested.filter((address) => address === early)).toHaveLength(1);
    const picture = await page.locator("link[rel=preload][as=image]").first().getAttribute("href");
    expect(requested.filter((address) => address === picture)).toHaveLength(1);
    const size = new URLSearchParams(picture ?? "").get("size");
    const shown = await page
      .locator("main .well img")
      .first()
      .evaluate((image: HTMLImageElement) => image.currentSrc);
    expect(new URL(shown).searchParams.get("size")).toBe(size);
  });
}
