import { defineConfig } from "@playwright/test";
import { launchOptions } from "./scripts/chromium.ts";

/** Tests a running stack. BASE_URL is its address; STATE is its folder, used to stop a service. */
export default defineConfig({
  testDir: "e2e",
  testMatch: "*.spec.ts",
  // The journeys share one shop.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    baseURL: process.env.BASE_URL ?? "http://127.0.0.1:8080",
    viewport: { width: 1280, height: 860 },
    locale: "en-IE",
    trace: "retain-on-failure",
    launchOptions: launchOptions(),
  },
});
