import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { ADMIN, addToCart, expect, placeOrder, signIn, test, watchForErrors } from "./shop.ts";

const FOR_ALL = [
  "/",
  "/products",
  "/products?q=zzzz",
  "/cart",
  "/sign-in",
  "/register",
  "/nowhere",
];
const SIGNED_IN = ["/orders", "/account", "/admin", "/admin/products", "/admin/products?edit=new"];
const MORE = ["/admin/categories", "/admin/orders", "/admin/people", "/admin/parked"];

async function seriousFindings(page: Page): Promise<string[]> {
  await page.waitForLoadState("networkidle");
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary}`),
    );
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1280, 360]) {
    test.describe(`${colorScheme} at ${width} px`, () => {
      test.use({ colorScheme, viewport: { width, height: 800 } });

      test("axe finds nothing serious on a visitor's pages", async ({ page, admin, context }) => {
        const errors = watchForErrors(context);
        const product = await admin.makeProduct({ quantity: 3 });
        for (const path of [...FOR_ALL, `/products/${product.id}`]) {
          await page.goto(path);
          await expect(page.locator("main h1")).toBeVisible();
          expect(await seriousFindings(page), path).toEqual([]);
        }
        await addToCart(page, product);
        expect(await seriousFindings(page), "the cart's drawer").toEqual([]);
        await page.goto("/cart");
        expect(await seriousFindings(page), "a full cart").toEqual([]);
        expect(errors).toEqual([]);
      });

      test("axe finds nothing serious on the pages of who is signed in", async ({
        page,
        admin,
        context,
      }) => {
        test.slow();
        const errors = watchForErrors(context);
        const product = await admin.makeProduct();
        await signIn(page, ADMIN);
        await addToCart(page, product);
        await page.goto("/checkout");
        expect(await seriousFindings(page), "the checkout").toEqual([]);
        await placeOrder(page, product);
        await expect(page.getByRole("heading", { level: 1, name: "Accepted" })).toBeVisible();
        expect(await seriousFindings(page), "an order").toEqual([]);
        await page.getByRole("button", { name: "Cancel order" }).click();
        expect(await seriousFindings(page), "the question before cancelling").toEqual([]);
        for (const path of [...SIGNED_IN, ...MORE]) {
          await page.goto(path);
          await expect(page.locator("main h1")).toBeVisible();
          expect(await seriousFindings(page), path).toEqual([]);
        }
        expect(errors).toEqual([]);
      });
    });
  }
}
