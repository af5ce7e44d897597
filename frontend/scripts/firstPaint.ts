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
  scripts: number;
}

declare global {
  interface Window {
    paints: { first: number; largest: number; shift: number };
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
    await page.addInitScript(recordPaints);
    await slowDown(page);
    await page.goto(url, { waitUntil: "commit" });
    await page.locator(product).first().waitFor();
    const scripts = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .filter((entry) => (entry as PerformanceResourceTiming).name.endsWith(".js"))
        .map((entry) => (entry as PerformanceResourceTiming).encodedBodySize),
    );
    await page.waitForTimeout(QUIET_MILLISECONDS);
    const paints = await page.evaluate(() => window.paints);
    return {
      firstContentfulPaintMs: paints.first,
      largestContentfulPaintMs: paints.largest,
      layoutShift: paints.shift,
      scriptKilobytes: scripts.reduce((sum, size) => sum + size, 0) / 1000,
      scripts: scripts.length,
    };
  } finally {
    await context.close();
  }
}

async function slowDown(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", NETWORK);
  await session.send("Emulation.setCPUThrottlingRate", { rate: CPU_SLOWDOWN });
}

/** Runs in the page. */
function recordPaints(): void {
  const paints = { first: 0, largest: 0, shift: 0 };
  window.paints = paints;
  const observe = (type: string, record: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(record)).observe({
      type,
      buffered: true,
    });
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
