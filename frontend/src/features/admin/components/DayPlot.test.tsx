import { render, screen } from "@testing-library/react";
import { cloneElement, type ReactElement } from "react";
import { expect, it, vi } from "vitest";
import { statistics } from "@/testing/data";
import DayPlot from "./DayPlot";

// jsdom has no layout, so the chart gets a fixed size.
vi.mock("recharts", async (original) => ({
  ...(await original<typeof import("recharts")>()),
  ResponsiveContainer: ({
    children,
  }: {
    children: ReactElement<{ width: number; height: number }>;
  }) => cloneElement(children, { width: 600, height: 200 }),
}));

it("draws a bar for each day in proportion to its value", () => {
  const { container } = render(<DayPlot days={statistics().days} measure="orders" />);
  const heights = [...container.querySelectorAll("path.recharts-rectangle")].map((bar) =>
    Number(bar.getAttribute("height")),
  );
  expect(heights).toHaveLength(3);
  const [first = 0, second = 0, third = 0] = heights;
  expect(second / first).toBeCloseTo(2);
  expect(third / first).toBeCloseTo(4);
  expect(screen.getByText("10 Mar")).toBeInTheDocument();
});
