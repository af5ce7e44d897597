import type { ReactNode } from "react";
import Button from "react-bootstrap/Button";
import { Link } from "react-router";
import { EmptyState } from "@/components/EmptyState";

import { useTitle } from "@/lib/useTitle";
import { CartLines } from "../components/CartLines";
import { StaleCartNotice } from "../components/StaleCartNotice";
import { Subtotal } from "../components/Subtotal";
import { useFreshLines } from "../useFreshLines";

interface Props {
  /** Shown below an empty cart. */
  suggestions: ReactNode;
}

export function CartPage({ suggestions }: Props) {
  useTitle("Cart");
  const cart = useFreshLines();
  const { lines, hasBlocking } = cart;
  return (
    <div className="shop-width">
      <div className="page-head">
        <h1 tabIndex={-1}>Your cart</h1>
      </div>
      {lines.length === 0 ? (
        <>
          <EmptyState icon="cart" title="Your cart is empty">
            <p className="muted">Items that you add are saved in this browser.</p>
            <Link className="btn btn-primary" to="/products">
              Shop all products
            </Link>
          </EmptyState>
          {suggestions}
        </>
      ) : (
        <div className="two-columns">
          <section aria-labelledby="cart-lines">
            <h2 id="cart-lines" className="visually-hidden">
              Items
            </h2>
            <CartLines lines={lines} />
          </section>
          <section className="panel summary" aria-labelledby="cart-summary">
            <h2 id="cart-summary">Summary</h2>
            <Subtotal lines={lines} />
            <p className="small-text muted" role="status">
              {checkText(cart)}
            </p>
            <StaleCartNotice cart={cart} />
            {hasBlocking ? (
              <>
                <Button disabled>Check out</Button>
                <p className="small-text text-warn">
                  Some items are unavailable. Update them to check out.
                </p>
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

function checkText({ isChecking, isWaiting, error }: ReturnType<typeof useFreshLines>): string {
  if (isWaiting) return "You are offline. Prices and stock may have changed.";
  if (isChecking) return "Checking prices and stock…";
  return error ? "" : "Prices and stock are up to date.";
}
