import { useQuery } from "@tanstack/react-query";
import type { ComponentType } from "react";
import { Link, useParams } from "react-router";
import type { ProductBody } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import { ProductPicture } from "@/components/ProductPicture";
import { Skeleton } from "@/components/Skeleton";
import { WhileLoading } from "@/components/WhileLoading";
import { formatMoney } from "@/lib/money";
import { asProblem } from "@/lib/problem";
import { capitalize } from "@/lib/text";
import { useTitle } from "@/lib/useTitle";
import { productQuery } from "../api/getProduct";
import { MoreOfCategory } from "../components/MoreOfCategory";
import { NotFound } from "../components/NotFound";
import type { CardAction } from "../components/ProductGrid";
import { StockLine } from "../components/StockLine";

// The server answers 422 to an id that is not well-formed.
const NOT_FOUND = new Set([404, 422]);
// Half of the page without padding and gap. On phones with two pixels per CSS pixel, a picture of
// 640 px is enough.
const SIZES =
  "(min-width: 1224px) 560px, (min-width: 768px) calc(50vw - 52px), min(100vw - 32px, 320px)";

interface Props {
  /** Lets the shopper choose a quantity and add it to the cart. */
  BuyBox: ComponentType<{ product: ProductBody }>;
  CardAction: CardAction;
}

export function ProductPage({ BuyBox, CardAction }: Props) {
  const { id = "" } = useParams();
  const { data, error, refetch } = useQuery(productQuery(id));
  useTitle(capitalize(data?.product.name ?? "product"));
  if (data) {
    return <Product key={id} product={data.product} BuyBox={BuyBox} CardAction={CardAction} />;
  }
  if (error && NOT_FOUND.has(asProblem(error).status)) {
    return <NotFound title="Product not found" />;
  }
  if (error) {
    return (
      <div className="shop-width">
        <h1 tabIndex={-1} className="visually-hidden">
          Product
        </h1>
        <ErrorNotice error={error} onRetry={() => refetch()} />
      </div>
    );
  }
  return <ProductSkeleton />;
}

function Product({ product, BuyBox, CardAction }: Props & { product: ProductBody }) {
  return (
    <div className="shop-width">
      <div className="product">
        <div className="product-picture">
          <ProductPicture
            product={product}
            sizes={SIZES}
            eager
            alt={`Picture of ${product.name}`}
          />
        </div>
        <div className="product-panel">
          <h1 tabIndex={-1}>{capitalize(product.name)}</h1>
          <div className="product-offer">
            <p className="product-price money">{formatMoney(product.price)}</p>
            {!product.archived && <StockLine quantity={product.quantity} />}
          </div>
          {product.archived ? (
            <Notice tone="info" title="No longer available">
              We don't sell this product anymore. This page remains for past orders.
            </Notice>
          ) : (
            <BuyBox product={product} />
          )}
          {product.description && <p className="product-description">{product.description}</p>}
          <nav aria-label="Product categories">
            {product.categories.map((name) => (
              <Link
                key={name}
                className="chip"
                to={`/products?category=${encodeURIComponent(name)}`}
              >
                {capitalize(name)}
              </Link>
            ))}
          </nav>
        </div>
      </div>
      <MoreOfCategory product={product} CardAction={CardAction} />
    </div>
  );
}

function ProductSkeleton() {
  return (
    <div className="shop-width">
      <WhileLoading>
        <div className="product" role="status" aria-label="Loading the product">
          <div className="product-picture">
            <span className="well skeleton" />
          </div>
          <div className="product-panel">
            <Skeleton width="30%" height="1.75rem" />
            <Skeleton width="70%" height="2.75rem" />
            <Skeleton width="25%" height="2rem" />
            <Skeleton width="100%" height="3.25rem" />
            <Skeleton width="90%" height="6rem" />
          </div>
        </div>
      </WhileLoading>
    </div>
  );
}
