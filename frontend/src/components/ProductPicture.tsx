import type { SyntheticEvent } from "react";
import type { ProductBody, Size } from "@/api";
import { ProductArt } from "./ProductArt";

export type PicturedProduct = Pick<ProductBody, "id" | "name" | "categories" | "image_url">;

interface Props {
  product: PicturedProduct;
  /** The width of the picture in the layout. */
  sizes: string;
  /** Whether the picture is visible without scrolling. */
  eager?: boolean;
  alt?: string;
}

/** The longest side of each stored size in pixels. */
const PIXELS: Record<Size, number> = { thumb: 400, medium: 640, full: 1200 };

/** The product's picture, or a generated one. */
export function ProductPicture({ product, sizes, eager = false, alt = "" }: Props) {
  const url = product.image_url;
  return (
    <span className="well">
      {url ? (
        <img
          src={pictureUrl(url, "thumb")}
          srcSet={sourceSet(url)}
          sizes={sizes}
          width={400}
          height={500}
          alt={alt}
          loading={eager ? "eager" : "lazy"}
          fetchPriority={eager ? "high" : "auto"}
          decoding="async"
          onError={showSource}
        />
      ) : (
        <ProductArt id={product.id} name={product.name} category={product.categories[0] ?? ""} />
      )}
    </span>
  );
}

/** During an upgrade, a service of the previous release does not know every size, but the source. */
function showSource(event: SyntheticEvent<HTMLImageElement>): void {
  event.currentTarget.removeAttribute("srcset");
}

function sourceSet(url: string): string {
  const pairs = Object.entries(PIXELS) as [Size, number][];
  return pairs.map(([size, pixels]) => `${pictureUrl(url, size)} ${pixels}w`).join(", ");
}

function pictureUrl(url: string, size: Size): string {
  if (size === "full") return url;
  return `${url}${url.includes("?") ? "&" : "?"}size=${size}`;
}
