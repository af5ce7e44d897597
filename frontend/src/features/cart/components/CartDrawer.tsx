import Button from "react-bootstrap/Button";
import Offcanvas from "react-bootstrap/Offcanvas";
import { Link } from "react-router";
import { EmptyState } from "@/components/EmptyState";
import { ToastHost } from "@/components/Toasts";
import { useCart } from "../CartContext";
import { useFreshLines } from "../useFreshLines";
import { CartLines } from "./CartLines";
import { StaleCartNotice } from "./StaleCartNotice";
import { Subtotal } from "./Subtotal";

export function CartDrawer() {
  const { isDrawerOpen, closeDrawer } = useCart();
  return (
    <Offcanvas
      show={isDrawerOpen}
      onHide={closeDrawer}
      placement="end"
      className="cart-drawer"
      aria-labelledby="cart-title"
    >
      <Offcanvas.Header closeButton>
        <Offcanvas.Title as="h2" id="cart-title">
          Your cart
        </Offcanvas.Title>
      </Offcanvas.Header>
      <Content />
      <ToastHost />
    </Offcanvas>
  );
}

function Content() {
  const { closeDrawer } = useCart();
  const cart = useFreshLines();
  const { lines, hasBlocking } = cart;
  if (lines.length === 0) {
    return (
      <Offcanvas.Body>
        <EmptyState icon="cart" title="Your cart is empty">
          <p className="muted">Items that you add are saved in this browser.</p>
          <Link className="btn btn-primary" to="/products" onClick={closeDrawer}>
            Shop all products
          </Link>
        </EmptyState>
      </Offcanvas.Body>
    );
  }
  return (
    <>
      <Offcanvas.Body>
        <StaleCartNotice cart={cart} />
        <CartLines lines={lines} onLeave={closeDrawer} />
      </Offcanvas.Body>
      <div className="drawer-foot">
        <Subtotal lines={lines} />
        {hasBlocking ? (
          <Button disabled>Check out</Button>
        ) : (
          <Link className="btn btn-primary" to="/checkout" onClick={closeDrawer}>
            Check out
          </Link>
        )}
        <Link className="btn btn-outline-secondary" to="/cart" onClick={closeDrawer}>
          View cart
        </Link>
      </div>
    </>
  );
}
