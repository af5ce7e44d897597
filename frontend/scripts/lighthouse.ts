/**
 * Lighthouse on the pages that matter, on a phone and on a desktop, of the shop at BASE_URL as
 * production serves it: signed in, one browser profile, the median of three runs.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "@playwright/test";
import lighthouse, { desktopConfig, type Flags } from "lighthouse";
import { chromiumArguments, chromiumPath } from "./chromium.ts";

const RUNS = Number(process.env.RUNS ?? 3);
const GOALS = { performance: 95, accessibility: 100, "best-practices": 100 } as const;
type Category = keyof typeof GOALS;
const CATEGORIES = Object.keys(GOALS) as Category[];

const base = process.env.BASE_URL ?? "http://127.0.0.1:8080";
const email = process.env.SHOP_EMAIL ?? "admin@admin.com";

const PAGES: [name: string, path: string, heading: RegExp][] = [
  ["home", "/", /Good things/],
  ["catalogue", "/products", /All products/],
  ["product", "", /./],
  ["cart", "/cart", /Your cart/],
  ["orders", "/orders", /Your orders/],
  ["admin", "/admin", /Dashboard/],
];

const METRICS = [
  "first-contentful-paint",
  "largest-contentful-paint",
  "total-blocking-time",
  "cumulative-layout-shift",
  "speed-index",
];
const failures = new Set<string>();

const profile = await mkdtemp(join(tmpdir(), "lighthouse-"));
const port = await freePort();
const context = await chromium.launchPersistentContext(profile, {
  executablePath: chromiumPath(),
  args: [...chromiumArguments(), `--remote-debugging-port=${port}`],
});
let isGood = true;
try {
  const product = await prepare(context);
  for (const form of ["phone", "desktop"] as const) {
    for (const [name, path, heading] of PAGES) {
      const url = new URL(path || product, base).href;
      await checkHeading(context, url, heading);
      report(form, name, await medians(url, form));
    }
  }
} finally {
  await context.close();
  await rm(profile, { recursive: true, force: true });
}
process.exitCode = isGood ? 0 : 1;

/** Sign in and put something into the cart; returns the address of a product. */
async function prepare(browser: BrowserContext): Promise<string> {
  const page = await browser.newPage();
  await page.goto(new URL("/sign-in", base).href);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(process.env.SHOP_PASSWORD ?? email);
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Account" }).waitFor();
  await page.goto(new URL("/products?stock=in", base).href);
  await page.getByRole("main").locator(".product-card a").first().click();
  await page.getByRole("button", { name: "Add to cart" }).click();
  const path = new URL(page.url()).pathname;
  await page.close();
  return path;
}

/** A page that shows something else would be measured for nothing. */
async function checkHeading(browser: BrowserContext, url: string, heading: RegExp): Promise<void> {
  const page = await browser.newPage();
  await page.goto(url);
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
  await page.close();
}

async function medians(url: string, form: "phone" | "desktop") {
  const flags: Flags = {
    port,
    onlyCategories: CATEGORIES,
    disableStorageReset: true,
    logLevel: "error",
  };
  const runs: Record<string, number>[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const result = await lighthouse(url, flags, form === "desktop" ? desktopConfig : undefined);
    if (!result) throw new Error(`Lighthouse had no result for ${url}.`);
    const { categories, audits } = result.lhr;
    runs.push({
      ...Object.fromEntries(
        CATEGORIES.map((each) => [each, Math.round((categories[each]?.score ?? 0) * 100)]),
      ),
      ...Object.fromEntries(METRICS.map((each) => [each, audits[each]?.numericValue ?? 0])),
    });
    noteFailures(result.lhr.audits);
  }
  return Object.fromEntries(
    Object.keys(runs[0] ?? {}).map((key) => [key, median(runs.map((run) => run[key] ?? 0))]),
  );
}

function noteFailures(
  audits: Record<
    string,
    { id: string; score: number | null; title: string; scoreDisplayMode: string }
  >,
): void {
  for (const audit of Object.values(audits)) {
    if (audit.scoreDisplayMode === "binary" && audit.score === 0) failures.add(audit.id);
  }
}

function report(form: string, name: string, result: Record<string, number>): void {
  const scores = CATEGORIES.map((each) => `${each} ${result[each]}`).join(", ");
  const metrics = METRICS.map(
    (each) => `${initials(each)} ${(result[each] ?? 0).toFixed(each.startsWith("cum") ? 3 : 0)}`,
  );
  const isReached = CATEGORIES.every((each) => (result[each] ?? 0) >= GOALS[each]);
  isGood &&= isReached;
  console.log(`${isReached ? "ok  " : "FAIL"} ${form} ${name}: ${scores} (${metrics.join(", ")})`);
  if (!isReached) console.log(`     ${[...failures].join(", ")}`);
  failures.clear();
}

function initials(metric: string): string {
  return metric
    .split("-")
    .map((word) => word[0]?.toUpperCase())
    .join("");
}

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === "object" ? resolve(address.port) : reject(),
      );
    });
  });
}
