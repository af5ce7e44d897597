import Button from "react-bootstrap/Button";
import { Link } from "react-router";
import { Icon } from "@/components/Icon";
import { useAuth } from "@/features/auth/AuthContext";
import { useCart } from "@/features/cart/CartContext";
import { SearchBox } from "@/features/products/components/SearchBox";
import { SHOP_NAME } from "@/lib/settings";
import { AccountMenu } from "./AccountMenu";

// A larger number would not fit on a phone.
const MAX_BADGE = 99;

export function Header() {
  const { count, openDrawer } = useCart();
  const { status } = useAuth();
  return (
    <div className="shop-width site-bar">
      <Link to="/" className="brand">
        <svg
          width="28"
          height="28"
          viewBox="0 0 32 32"
          fill="none"
          stroke="currentColor"
          strokeWidth="2.4"
          strokeLinejoin="round"
          aria-hidden="true"
        >
          <path d="M6 13 8.400 6h15.200L26 13a3.330 3.330 0 0 1-6.670 0 3.330 3.330 0 0 1-6.660 0A3.330 3.330 0 0 1 6 13Zm2.500 6v7h15v-7" />
        </svg>
        <span className="brand-name">{SHOP_NAME}</span>
      </Link>
      <SearchBox label="Search products" hasShortcut />
      <nav className="site-actions" aria-label="Account and cart">
        {status !== "visitor" && (
          <Link to="/orders" className="btn btn-quiet not-on-phones">
            <Icon name="box" /> <span className="wide-only">Orders</span>
          </Link>
        )}
        <AccountMenu />
        <Button variant="quiet" onClick={openDrawer} aria-haspopup="dialog">
          <Icon name="cart" /> <span className="wide-only">Cart</span>
          <span className={count > 0 ? "count-badge figure" : "visually-hidden"}>
            {count > MAX_BADGE ? `${MAX_BADGE}+` : count}
          </span>{" "}
          <span className="visually-hidden">{count === 1 ? "item" : "items"}</span>
        </Button>
      </nav>
    </div>
  );
}
