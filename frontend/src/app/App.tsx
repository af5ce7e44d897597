import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Suspense, useLayoutEffect, useState, useTransition } from "react";
import { Router } from "react-router";
import { AuthProvider } from "@/features/auth/AuthContext";
import { CartProvider } from "@/features/cart/CartContext";
import { shopNavigator, visitStore } from "@/lib/visits";
import { ErrorBoundary } from "./ErrorBoundary";
import { Layout } from "./layout/Layout";
import { loadPage, Page } from "./router";

// The same element for every rendering, so that the page only renders when the location changes.
const page = (
  <Suspense>
    <Page />
  </Suspense>
);

export function App({ queries }: { queries: QueryClient }) {
  return (
    <QueryClientProvider client={queries}>
      <AuthProvider>
        <CartProvider>
          <Shop />
        </CartProvider>
      </AuthProvider>
    </QueryClientProvider>
  );
}

/** Shows the page that is visited. While the next page loads, the previous one stays. */
function Shop() {
  const [visit, setVisit] = useState(visitStore.get);
  const [isNavigating, startTransition] = useTransition();

  useLayoutEffect(
    () =>
      visitStore.subscribe(() => {
        const next = visitStore.get();
        loadPage(next.location);
        startTransition(() => setVisit(next));
      }),
    [],
  );
  return (
    <Router location={visit.location} navigationType={visit.type} navigator={shopNavigator}>
      <ErrorBoundary visit={visit}>
        <Layout visit={visit} isNavigating={isNavigating}>
          <ErrorBoundary visit={visit}>{page}</ErrorBoundary>
        </Layout>
      </ErrorBoundary>
    </Router>
  );
}
