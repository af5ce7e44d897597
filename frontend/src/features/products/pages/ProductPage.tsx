import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import type { ProductBody } from "@/api";
import { NotFound } from "@/app/NotFound";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import { Skeleton } from "@/components/Skeleton";
import { BuyBox } from "@/features/cart/components/BuyBox";
import { formatMoney } from "@/lib/money";
import { asProblem } from "@/lib/problem";
import { useTitle } from "@/lib/useTitle";
import { capital } from "@/lib/words";
import { productQuery } from "../api/getProduct";
import { MoreOfCategory } from "../components/MoreOfCategory";
import { ProductPicture } from "../components/ProductPicture";
import { StockLine } from "../components/StockLine";

const UNKNOWN = new Set([404, 422]);
const SIZES = "(min-width: 1240px) 560px, (min-width: 768px) 46vw, 92vw";

export function ProductPage() {
  const { id = "" } = useParams();
  const { data, error, refetch } = useQuery(productQuery(id));
  useTitle(capital(data?.product.name ?? "product"));
  if (data) return <Product key={id} product={data.product} />;
  if (error && UNKNOWN.has(asProblem(error).status)) {
    return <NotFound title="There is no such product" />;
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

function Product({ product }: { product: ProductBody }) {
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
          <nav aria-label="Categories of this product">
            {product.categories.map((name) => (
              <Link
                key={name}
                className="chip"
                to={`/products?category=${encodeURIComponent(name)}`}
              >
                {capital(name)}
              </Link>
            ))}
          </nav>
          <h1 tabIndex={-1}>{capital(product.name)}</h1>
          <div className="product-offer">
            <p className="product-price money">{formatMoney(product.price)}</p>
            {!product.archived && <StockLine quantity={product.quantity} />}
          </div>
          {product.archived ? (
            <Notice tone="info" title="No longer sold">
              This product stays here for past orders.
            </Notice>
          ) : (
            <BuyBox product={product} />
          )}
          {product.description && <p className="product-description">{product.description}</p>}
        </div>
      </div>
      <MoreOfCategory product={product} />
    </div>
  );
}

function ProductSkeleton() {
  return (
    <div className="shop-width">
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
    </div>
  );
}
