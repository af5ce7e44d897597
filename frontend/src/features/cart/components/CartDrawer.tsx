import Button from "react-bootstrap/Button";
import Offcanvas from "react-bootstrap/Offcanvas";
import { Link } from "react-router";
import { Empty } from "@/components/Empty";
import { ToastHost } from "@/components/Toasts";
import { useCart } from "../CartContext";
import { useFreshLines } from "../useFreshLines";
import { CartLines } from "./CartLines";
import { Freshness } from "./Freshness";
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
        <Empty icon="cart" title="Nothing in it yet">
          <p className="muted">What you add is kept in this browser.</p>
          <Link className="btn btn-primary" to="/products" onClick={closeDrawer}>
            Look around
          </Link>
        </Empty>
      </Offcanvas.Body>
    );
  }
  return (
    <>
      <Offcanvas.Body>
        <Freshness cart={cart} />
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
