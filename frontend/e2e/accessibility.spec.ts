import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import {
  ACCOUNT_PATHS,
  ADMIN,
  addToCart,
  expect,
  LINK_PATHS,
  placeOrder,
  serveAccount,
  signIn,
  test,
  watchForErrors,
} from "./shop.ts";

const VISITOR_PATHS = [
  "/",
  "/products",
  "/products?q=zzzz",
  "/cart",
  "/sign-in",
  "/register",
  ...LINK_PATHS,
  "/nowhere",
];
const SIGNED_IN_PATHS = [
  "/orders",
  ...ACCOUNT_PATHS,
  "/admin",
  "/admin/products",
  "/admin/products?edit=new",
  "/admin/categories",
  "/admin/orders",
  "/admin/orders?view=problems",
  "/admin/orders/pick-list",
  "/admin/delivery-methods",
  "/admin/delivery-methods?edit=new",
  "/admin/users",
  "/admin/audit",
  "/admin/dead-letters",
];

async function seriousViolations(page: Page): Promise<string[]> {
  await page.waitForLoadState("networkidle");
  await animationsEnd(page);
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary}`),
    );
}

/** Wait for transitions to end, because colors have less contrast in between. */
async function animationsEnd(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const finite = document
      .getAnimations()
      .filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime));
    await Promise.allSettled(finite.map(({ finished }) => finished));
  });
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1280, 360]) {
    test.describe(`${colorScheme} theme at ${width} px`, () => {
      test.use({ colorScheme, viewport: { width, height: 800 } });

      test("visitor pages have no serious accessibility issues", async ({
        page,
        admin,
        context,
      }) => {
        // Given
        const errors = watchForErrors(context);
        const product = await admin.makeProduct({ quantity: 3 });

        // When
        for (const path of [...VISITOR_PATHS, `/products/${product.id}`]) {
          await page.goto(path);
          await expect(page.locator("main h1")).toBeVisible();
          expect(await seriousViolations(page), path).toEqual([]);
        }
        await addToCart(page, product);

        // Then
        expect(await seriousViolations(page), "cart drawer").toEqual([]);

        // When
        await page.goto("/cart");

        // Then
        expect(await seriousViolations(page), "cart page").toEqual([]);
        expect(errors).toEqual([]);
      });

      test("pages for signed-in users have no serious accessibility issues", async ({
        page,
        admin,
        context,
      }) => {
        // Given
        test.slow();
        const errors = watchForErrors(context);
        const product = await admin.makeProduct();
        await signIn(page, ADMIN);

        // When
        await addToCart(page, product);
        await page.goto("/checkout");

        // Then
        expect(await seriousViolations(page), "checkout").toEqual([]);

        // When
        await placeOrder(page, product);

        // Then
        await expect(page.getByRole("heading", { level: 1, name: "Accepted" })).toBeVisible();
        expect(await seriousViolations(page), "order page").toEqual([]);

        // When
        const order = new URL(page.url()).pathname;
        const pages = [
          `/admin${order}`,
          `/admin${order}/packing-slip`,
          `/admin/users/${await admin.accountId()}`,
        ];
        await page.getByRole("button", { name: "Cancel order" }).click();

        // Then
        expect(await seriousViolations(page), "cancel dialog").toEqual([]);

        // When
        await serveAccount(page, "Ann");
        for (const path of [...SIGNED_IN_PATHS, ...pages]) {
          await page.goto(path);
          await expect(page.locator("main h1")).toBeVisible();
          expect(await seriousViolations(page), path).toEqual([]);
        }

        // Then
        expect(errors).toEqual([]);
      });
    });
  }
}
