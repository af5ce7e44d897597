import type { ProductBody } from "@/api";
import { ProductArt } from "./ProductArt";

export type PicturedProduct = Pick<ProductBody, "id" | "name" | "categories" | "image_url">;

interface Props {
  product: PicturedProduct;
  sizes: string;
  /** Whether the picture is visible without scrolling. */
  eager?: boolean;
  alt?: string;
}

const THUMB_WIDTH = 320;
const FULL_WIDTH = 1200;

/** The product's picture, or a generated one. */
export function ProductPicture({ product, sizes, eager = false, alt = "" }: Props) {
  const url = product.image_url;
  return (
    <span className="well">
      {url ? (
        <img
          src={thumbnailUrl(url)}
          srcSet={`${thumbnailUrl(url)} ${THUMB_WIDTH}w, ${url} ${FULL_WIDTH}w`}
          sizes={sizes}
          width={400}
          height={500}
          alt={alt}
          loading={eager ? "eager" : "lazy"}
          fetchPriority={eager ? "high" : "auto"}
          decoding="async"
        />
      ) : (
        <ProductArt id={product.id} name={product.name} category={product.categories[0] ?? ""} />
      )}
    </span>
  );
}

function thumbnailUrl(url: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}size=thumb`;
}
