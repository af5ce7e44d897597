import { fireEvent, render } from "@testing-library/react";
import { expect, it } from "vitest";
import { aProduct } from "@/testing/data";
import { ProductPicture } from "./ProductPicture";

const product = aProduct({ image_url: "/api/products/1/image?v=2" });

it("offers every stored size with its width", () => {
  const { container } = render(<ProductPicture product={product} sizes="100px" />);
  expect(container.querySelector("img")?.srcset.split(", ")).toEqual([
    "/api/products/1/image?v=2&size=thumb 400w",
    "/api/products/1/image?v=2&size=medium 640w",
    "/api/products/1/image?v=2 1200w",
  ]);
});

it("falls back to its source if a size cannot be loaded", () => {
  // Given
  const { container } = render(<ProductPicture product={product} sizes="100px" />);
  const image = container.querySelector("img") as HTMLImageElement;

  // When
  fireEvent.error(image);

  // Then
  expect(image.srcset).toBe("");
  expect(image.src).toMatch(/&size=thumb$/);
});
