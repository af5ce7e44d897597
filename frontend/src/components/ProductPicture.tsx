import type { ProductBody } from "@/api";
import { ProductArt } from "./ProductArt";

export type Pictured = Pick<ProductBody, "id" | "name" | "categories" | "image_url">;

interface Props {
  product: Pictured;
  sizes: string;
  /** Whether it is among the first that are seen. */
  eager?: boolean;
  alt?: string;
}

const THUMB_WIDTH = 320;
const FULL_WIDTH = 1200;

/** The product's picture in its well, or a drawn one. */
export function ProductPicture({ product, sizes, eager = false, alt = "" }: Props) {
  const url = product.image_url;
  return (
    <span className="well">
      {url ? (
        <img
          src={thumb(url)}
          srcSet={`${thumb(url)} ${THUMB_WIDTH}w, ${url} ${FULL_WIDTH}w`}
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

export function thumb(url: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}size=thumb`;
}
