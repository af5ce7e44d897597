import { lazy, type ReactNode, Suspense, useEffect } from "react";
import { useLocation } from "react-router";
import { Toasts } from "@/components/Toasts";
import { useCart } from "@/features/cart/CartContext";
import { SHOP_NAME } from "@/lib/settings";
import { useOnline } from "@/lib/useOnline";
import type { Visit } from "@/lib/visits";
import { CategoryBar } from "./CategoryBar";
import { Header } from "./Header";
import { ThemeButton } from "./ThemeButton";
import { useFocusKeeper } from "./useFocusKeeper";
import { useRouteFocus } from "./useRouteFocus";
import { useScrollPosition } from "./useScrollPosition";
import { useSlowShop } from "./useSlowShop";

const CartDrawer = lazy(async () => ({
  default: (await import("@/features/cart/components/CartDrawer")).CartDrawer,
}));

interface Props {
  visit: Visit;
  /** Whether the next page is loading, while this one stays. */
  isNavigating: boolean;
  children: ReactNode;
}

export function Layout({ visit, isNavigating, children }: Props) {
  useRouteFocus();
  useFocusKeeper();
  useScrollPosition(visit);
  const isAdmin = visit.location.pathname.startsWith("/admin");
  return (
    <div className="site" aria-busy={isNavigating}>
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <header className="site-header">
        <Header />
      </header>
      {!isAdmin && <CategoryBar />}
      <ConnectionBar />
      <main id="main" className="site-main" tabIndex={-1}>
        {children}
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
    </div>
  );
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
