import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const alias = { "@": fileURLToPath(new URL("./src", import.meta.url)) };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        resolve: { alias },
        test: {
          name: "shop",
          include: ["src/**/*.test.{ts,tsx}"],
          environment: "jsdom",
          environmentOptions: { jsdom: { url: "http://shop.test/" } },
          setupFiles: ["src/testing/setup.ts"],
          restoreMocks: true,
          testTimeout: 40_000,
        },
      },
      { test: { name: "scripts", include: ["scripts/**/*.test.ts"], testTimeout: 30_000 } },
    ],
  },
});
