import { render, screen } from "@testing-library/react";
import { Suspense } from "react";
import { describe, expect, it, vi } from "vitest";
import { chunkComponent } from "./chunkComponent";

const Page = () => <h1>A page</h1>;

describe("component of a chunk", () => {
  it("requests its chunk once", async () => {
    // Given
    const request = vi.fn(async () => Page);
    const { Component, load } = chunkComponent(request);

    // When
    load();
    load();
    render(<Component />, { wrapper: Suspense });

    // Then
    expect(await screen.findByText("A page")).toBeVisible();
    expect(request).toHaveBeenCalledTimes(1);
  });

  it("requests a chunk again that failed before", async () => {
    // Given
    const request = vi.fn(async () => Page).mockRejectedValueOnce(new Error("Offline."));
    const { Component, load } = chunkComponent(request);
    load();
    await vi.waitFor(() => expect(request.mock.settledResults[0]?.type).toBe("rejected"));

    // When
    load();
    render(<Component />, { wrapper: Suspense });

    // Then
    expect(await screen.findByText("A page")).toBeVisible();
    expect(request).toHaveBeenCalledTimes(2);
  });
});
