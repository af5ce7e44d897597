/**
 * Runs Lighthouse on the main pages of the shop at BASE_URL, for phones and desktops, and measures
 * how soon the first products appear. The shop runs in production mode, the user of Lighthouse is
 * signed in, and each result is the median of three runs.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "@playwright/test";
import lighthouse, { desktopConfig, type Flags } from "lighthouse";
import { chromiumArguments, chromiumPath } from "./chromium.ts";
import { type FirstPaint, measureFirstPaint } from "./firstPaint.ts";

const RUNS = Number(process.env.RUNS ?? 3);
const GOALS = { performance: 95, accessibility: 100, "best-practices": 100 } as const;
const FIRST_PAINT_GOALS = {
  largestContentfulPaintMs: 2_000,
  scriptKilobytes: 120,
  layoutShift: 0,
} as const;
type Category = keyof typeof GOALS;
const CATEGORIES = Object.keys(GOALS) as Category[];

const base = process.env.BASE_URL ?? "http://127.0.0.1:8080";
const email = process.env.SHOP_EMAIL ?? "admin@admin.com";

const PAGES: [name: string, path: string, heading: RegExp][] = [
  ["home", "/", /Well-made things/],
  ["catalogue", "/products", /All products/],
  ["product", "", /./],
  ["cart", "/cart", /Your cart/],
  ["orders", "/orders", /Your orders/],
  ["admin", "/admin", /Dashboard/],
];

const FIRST_PRODUCT = ".product-card img, .product-card .art, .product-price";

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
let hasReachedGoals = true;
try {
  const product = await prepare(context);
  for (const [name, path] of PAGES.slice(0, 3)) await firstPaint(name, path || product);
  for (const device of ["phone", "desktop"] as const) {
    for (const [name, path, heading] of PAGES) {
      const url = new URL(path || product, base).href;
      await checkHeading(context, url, heading);
      report(device, name, await medians(url, device));
    }
  }
} finally {
  await context.close();
  await rm(profile, { recursive: true, force: true });
}
process.exitCode = hasReachedGoals ? 0 : 1;

/** Sign in, add a product to the cart and return the product's path. */
async function prepare(browser: BrowserContext): Promise<string> {
  const page = await browser.newPage();
  await page.goto(new URL("/sign-in", base).href);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(process.env.SHOP_PASSWORD ?? email);
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Account" }).waitFor();
  await page.goto(new URL("/products?stock=in", base).href);
  await page.getByRole("main").locator(".product-card a").first().click();
  await page.getByRole("button", { name: "Add to cart", exact: true }).click();
  const path = new URL(page.url()).pathname;
  await page.close();
  return path;
}

/** Check that the URL shows the intended page before measuring it. */
async function checkHeading(browser: BrowserContext, url: string, heading: RegExp): Promise<void> {
  const page = await browser.newPage();
  await page.goto(url);
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
  await page.close();
}

/** Measure how soon the products of a page appear to a visitor, and print it. */
async function firstPaint(name: string, path: string): Promise<void> {
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: chromiumArguments(),
  });
  const runs: FirstPaint[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    runs.push(await measureFirstPaint(browser, new URL(path, base).href, FIRST_PRODUCT));
  }
  await browser.close();
  const value = (key: keyof FirstPaint) => median(runs.map((run) => run[key]));
  const goals = Object.entries(FIRST_PAINT_GOALS) as [keyof typeof FIRST_PAINT_GOALS, number][];
  const isReached = goals.every(([key, goal]) => value(key) <= goal);
  hasReachedGoals &&= isReached;
  const others = ["firstContentfulPaintMs", "libraryKilobytes", "scripts"] as const;
  const figures = [
    ...goals.map(([key, goal]) => `${key} ${round(value(key))} (${goal})`),
    ...others.map((key) => `${key} ${round(value(key))}`),
  ];
  console.log(`${isReached ? "ok  " : "FAIL"} first visit of ${name}: ${figures.join(", ")}`);
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

async function medians(url: string, device: "phone" | "desktop") {
  const flags: Flags = {
    port,
    onlyCategories: CATEGORIES,
    disableStorageReset: true,
    logLevel: "error",
  };
  const runs: Record<string, number>[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const result = await lighthouse(url, flags, device === "desktop" ? desktopConfig : undefined);
    if (!result) throw new Error(`Lighthouse returned no result for ${url}.`);
    const { categories, audits } = result.lhr;
    runs.push({
      ...Object.fromEntries(
        CATEGORIES.map((name) => [name, Math.round((categories[name]?.score ?? 0) * 100)]),
      ),
      ...Object.fromEntries(METRICS.map((name) => [name, audits[name]?.numericValue ?? 0])),
    });
    recordFailures(result.lhr.audits);
  }
  return Object.fromEntries(
    Object.keys(runs[0] ?? {}).map((key) => [key, median(runs.map((run) => run[key] ?? 0))]),
  );
}

function recordFailures(
  audits: Record<
    string,
    { id: string; score: number | null; title: string; scoreDisplayMode: string }
  >,
): void {
  for (const audit of Object.values(audits)) {
    if (audit.scoreDisplayMode === "binary" && audit.score === 0) failures.add(audit.id);
  }
}

function report(device: string, name: string, result: Record<string, number>): void {
  const scores = CATEGORIES.map((category) => `${category} ${result[category]}`).join(", ");
  const metrics = METRICS.map(
    (metric) =>
      `${initials(metric)} ${(result[metric] ?? 0).toFixed(metric.startsWith("cum") ? 3 : 0)}`,
  );
  const isReached = CATEGORIES.every((category) => (result[category] ?? 0) >= GOALS[category]);
  hasReachedGoals &&= isReached;
  console.log(
    `${isReached ? "ok  " : "FAIL"} ${device} ${name}: ${scores} (${metrics.join(", ")})`,
  );
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
  return values.toSorted((first, second) => first - second)[Math.floor(values.length / 2)] ?? 0;
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
