/**
 * Measures how soon a page appears to a visitor with a slow phone and an empty cache: a quarter of
 * the processor's speed, 1.6 Mbit/s and 150 ms.
 */
import type { Browser, Page } from "@playwright/test";

const NETWORK = {
  offline: false,
  latency: 150,
  downloadThroughput: (1.6 * 1024 * 1024) / 8,
  uploadThroughput: (0.75 * 1024 * 1024) / 8,
};
const CPU_SLOWDOWN = 4;
/** After this time without a larger paint, the largest one is final. */
const QUIET_MILLISECONDS = 2_500;

export interface FirstPaint {
  firstContentfulPaintMs: number;
  largestContentfulPaintMs: number;
  layoutShift: number;
  /** The compressed scripts that were loaded before the first product was shown. */
  scriptKilobytes: number;
  /** The part of them that only changes with the libraries, such as React. */
  libraryKilobytes: number;
  scripts: number;
}

declare global {
  interface Window {
    paints: { first: number; largest: number; shift: number; product: number };
  }
}

export async function measureFirstPaint(
  browser: Browser,
  url: string,
  product: string,
): Promise<FirstPaint> {
  const context = await browser.newContext({
    viewport: { width: 412, height: 823 },
    deviceScaleFactor: 1.75,
    isMobile: true,
    hasTouch: true,
  });
  try {
    const page = await context.newPage();
    await page.addInitScript(recordPaints, product);
    await slowDown(page);
    await page.goto(url, { waitUntil: "commit" });
    await page.locator(product).first().waitFor();
    const scripts = await page.evaluate(loadedScripts);
    await page.waitForTimeout(QUIET_MILLISECONDS);
    const paints = await page.evaluate(() => window.paints);
    return {
      firstContentfulPaintMs: paints.first,
      largestContentfulPaintMs: paints.largest,
      layoutShift: paints.shift,
      scriptKilobytes: kilobytes(scripts),
      libraryKilobytes: kilobytes(scripts.filter(({ url }) => url.includes("/libraries-"))),
      scripts: scripts.length,
    };
  } finally {
    await context.close();
  }
}

interface Script {
  url: string;
  bytes: number;
}

/** Return the scripts that were loaded before the first product was shown. Runs in the page. */
function loadedScripts(): Script[] {
  const resources = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
  return resources
    .filter(({ name, responseEnd }) => name.endsWith(".js") && responseEnd <= window.paints.product)
    .map(({ name, encodedBodySize }) => ({ url: name, bytes: encodedBodySize }));
}

function kilobytes(scripts: Script[]): number {
  return scripts.reduce((sum, { bytes }) => sum + bytes, 0) / 1000;
}

async function slowDown(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", NETWORK);
  await session.send("Emulation.setCPUThrottlingRate", { rate: CPU_SLOWDOWN });
}

/** Runs in the page. */
function recordPaints(product: string): void {
  const paints = { first: 0, largest: 0, shift: 0, product: 0 };
  window.paints = paints;
  const observe = (type: string, record: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(record)).observe({
      type,
      buffered: true,
    });
  new MutationObserver((_, observer) => {
    if (!document.querySelector(product)) return;
    paints.product = performance.now();
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true });
  observe("paint", ({ name, startTime }) => {
    if (name === "first-contentful-paint") paints.first = startTime;
  });
  observe("largest-contentful-paint", ({ startTime }) => {
    paints.largest = startTime;
  });
  observe("layout-shift", (entry) => {
    paints.shift += (entry as PerformanceEntry & { value: number }).value;
  });
}
