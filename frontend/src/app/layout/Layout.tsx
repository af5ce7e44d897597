import { lazy, Suspense, useEffect } from "react";
import { type Location, Outlet, ScrollRestoration, useLocation, useNavigation } from "react-router";
import { Toasts } from "@/components/Toasts";
import { useCart } from "@/features/cart/CartContext";
import { SHOP_NAME } from "@/lib/settings";
import { useOnline } from "@/lib/useOnline";
import { CategoryBar } from "./CategoryBar";
import { Header } from "./Header";
import { ThemeButton } from "./ThemeButton";
import { useFocusKeeper } from "./useFocusKeeper";
import { useLateScroll } from "./useLateScroll";
import { useRouteFocus } from "./useRouteFocus";
import { useSlowShop } from "./useSlowShop";

const CartDrawer = lazy(async () => ({
  default: (await import("@/features/cart/components/CartDrawer")).CartDrawer,
}));

export function Layout() {
  useRouteFocus();
  useFocusKeeper();
  const location = useLocation();
  useLateScroll(scrollKey(location));
  const isAdmin = location.pathname.startsWith("/admin");
  return (
    <div className="site" aria-busy={useNavigation().state !== "idle"}>
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <header className="site-header">
        <Header />
      </header>
      {!isAdmin && <CategoryBar />}
      <ConnectionBar />
      <main id="main" className="site-main" tabIndex={-1}>
        <Outlet />
      </main>
      <footer className="site-footer">
        <div className="shop-width">
          <p>{SHOP_NAME} does not track your browsing.</p>
          <a href="/api/docs">API documentation</a>
          <ThemeButton />
        </div>
      </footer>
      <Drawer />
      <Toasts />
      <ScrollRestoration getKey={scrollKey} />
    </div>
  );
}

/**
 * Return the key of a scroll position: the history entry, or the URL if the page was opened
 * directly.
 */
function scrollKey({ key, pathname, search }: Location): string {
  // Every page that is opened directly has the key "default".
  return key === "default" ? pathname + search : key;
}

function Drawer() {
  const { isDrawerOpen, closeDrawer } = useCart();
  const { pathname } = useLocation();
  // Every navigation closes the drawer.
  useEffect(() => {
    if (pathname) closeDrawer();
  }, [pathname, closeDrawer]);
  return <Suspense fallback={null}>{isDrawerOpen && <CartDrawer />}</Suspense>;
}

function ConnectionBar() {
  const isOnline = useOnline();
  const isSlow = useSlowShop();
  return (
    <div role="status">
      {!isOnline && (
        <p className="offline-bar">You are offline. This page updates when you are back online.</p>
      )}
      {isOnline && isSlow && (
        <p className="offline-bar">The shop is slow to respond. Please wait.</p>
      )}
    </div>
  );
}
