import { lazy, Suspense, useEffect } from "react";
import { type Location, Outlet, ScrollRestoration, useLocation, useNavigation } from "react-router";
import { Toasts } from "@/components/Toasts";
import { useCart } from "@/features/cart/CartContext";
import { SHOP_NAME } from "@/lib/settings";
import { useOnline } from "@/lib/useOnline";
import { CategoryBar } from "./CategoryBar";
import { Header } from "./Header";
import { useRouteFocus } from "./useRouteFocus";

const CartDrawer = lazy(async () => ({
  default: (await import("@/features/cart/components/CartDrawer")).CartDrawer,
}));

export function Layout() {
  useRouteFocus();
  const { pathname } = useLocation();
  const isAdmin = pathname.startsWith("/admin");
  return (
    <div className="site" aria-busy={useNavigation().state !== "idle"}>
      <a className="skip-link" href="#main">
        Skip to the content
      </a>
      <header className="site-header">
        <Header />
        {!isAdmin && <CategoryBar />}
      </header>
      <Offline />
      <main id="main" className="site-main" tabIndex={-1}>
        <Outlet />
      </main>
      <footer className="site-footer">
        <div className="shop-width">
          <p>{SHOP_NAME} keeps no record of what you look at.</p>
          <a href="/api/docs">For developers: the API</a>
        </div>
      </footer>
      <Drawer />
      <Toasts />
      <ScrollRestoration getKey={placeOf} />
    </div>
  );
}

/** Whose scroll position is kept: an entry of the history, or a page opened by its address. */
function placeOf({ key, pathname, search }: Location): string {
  // Every page that is opened by its address has the key "default".
  return key === "default" ? pathname + search : key;
}

function Drawer() {
  const { isDrawerOpen, closeDrawer } = useCart();
  const { pathname } = useLocation();
  // Going back in the history leaves the drawer behind.
  useEffect(() => {
    if (pathname) closeDrawer();
  }, [pathname, closeDrawer]);
  return <Suspense fallback={null}>{isDrawerOpen && <CartDrawer />}</Suspense>;
}

function Offline() {
  const isOnline = useOnline();
  return (
    <div role="status">
      {!isOnline && (
        <p className="offline-bar">
          You are offline. What is here stays; it will be brought up to date when you are back.
        </p>
      )}
    </div>
  );
}
