import { expect, it, vi } from "vitest";
import { timeAgo } from "./time";

const NOW = Date.parse("2026-03-10T12:00:00Z");

it.each([
  ["2026-03-10T11:59:50Z", "just now"],
  ["2026-03-10T11:58:00Z", "2 minutes ago"],
  ["2026-03-10T10:00:00Z", "2 hours ago"],
  ["2026-03-09T12:00:00Z", "yesterday"],
  ["2026-03-01T12:00:00Z", "1 Mar 2026"],
])("%s is %s", (time, words) => {
  expect(timeAgo(time, NOW)).toBe(words);
});

it.each(["Pacific/Auckland", "Pacific/Pago_Pago", "UTC"])(
  "a day of the shop is the same day in %s",
  async (timeZone) => {
    // Given
    vi.stubEnv("TZ", timeZone);
    vi.resetModules();

    // When
    const { formatDay } = await import("./time");

    // Then
    expect(formatDay("2026-03-08")).toBe("8 Mar 2026");
    vi.unstubAllEnvs();
  },
);
