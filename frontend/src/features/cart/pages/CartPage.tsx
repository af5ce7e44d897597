import { useQuery } from "@tanstack/react-query";
import Button from "react-bootstrap/Button";
import { Link } from "react-router";
import { Empty } from "@/components/Empty";
import { productsQuery } from "@/features/products/api/listProducts";
import { ProductGrid } from "@/features/products/components/ProductGrid";
import { useTitle } from "@/lib/useTitle";
import { CartLines } from "../components/CartLines";
import { Freshness } from "../components/Freshness";
import { Subtotal } from "../components/Subtotal";
import { useFreshLines } from "../useFreshLines";

export function CartPage() {
  useTitle("Cart");
  const cart = useFreshLines();
  const { lines, hasBlocking, isChecking } = cart;
  return (
    <div className="shop-width">
      <div className="page-head">
        <h1 tabIndex={-1}>Your cart</h1>
      </div>
      {lines.length === 0 ? (
        <EmptyCart />
      ) : (
        <div className="two-columns">
          <section aria-labelledby="cart-lines">
            <h2 id="cart-lines" className="visually-hidden">
              Lines
            </h2>
            <CartLines lines={lines} />
          </section>
          <section className="panel summary" aria-labelledby="cart-summary">
            <h2 id="cart-summary">Summary</h2>
            <Subtotal lines={lines} />
            <p className="small-text muted" role="status">
              {isChecking && "Checking prices and stock…"}
              {!isChecking && !cart.error && "Prices and stock are as of now."}
            </p>
            <Freshness cart={cart} />
            {hasBlocking ? (
              <>
                <Button disabled>Check out</Button>
                <p className="small-text text-warn">See to the lines marked above first.</p>
              </>
            ) : (
              <Link className="btn btn-primary" to="/checkout">
                Check out
              </Link>
            )}
          </section>
        </div>
      )}
    </div>
  );
}

function EmptyCart() {
  const { data } = useQuery(productsQuery({ sort: "newest", limit: 4, in_stock: true }));
  return (
    <>
      <Empty icon="cart" title="Nothing in it yet">
        <p className="muted">What you add is kept in this browser, signed in or not.</p>
        <Link className="btn btn-primary" to="/products">
          Look around
        </Link>
      </Empty>
      {data && data.products.length > 0 && (
        <section aria-labelledby="new-here">
          <div className="section-head">
            <h2 id="new-here">New here</h2>
          </div>
          <ProductGrid products={data.products} />
        </section>
      )}
    </>
  );
}
