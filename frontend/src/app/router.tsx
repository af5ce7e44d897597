import { createBrowserRouter, type RouteObject } from "react-router";
import { RequireUser } from "@/features/auth/components/RequireRole";
import { Layout } from "./layout/Layout";
import { NotFound } from "./NotFound";
import { RouteError } from "./RouteError";

// Each page is a chunk of its own, read when it is first opened.
const shopper: RouteObject[] = [
  {
    index: true,
    lazy: async () => ({
      Component: (await import("@/features/products/pages/HomePage")).HomePage,
    }),
  },
  {
    path: "products",
    lazy: async () => ({
      Component: (await import("@/features/products/pages/CataloguePage")).CataloguePage,
    }),
  },
  {
    path: "products/:id",
    lazy: async () => ({
      Component: (await import("@/features/products/pages/ProductPage")).ProductPage,
    }),
  },
  {
    path: "cart",
    lazy: async () => ({ Component: (await import("@/features/cart/pages/CartPage")).CartPage }),
  },
  {
    path: "sign-in",
    lazy: async () => ({
      Component: (await import("@/features/auth/pages/SignInPage")).SignInPage,
    }),
  },
  {
    path: "register",
    lazy: async () => ({
      Component: (await import("@/features/auth/pages/RegisterPage")).RegisterPage,
    }),
  },
];

const signedIn: RouteObject[] = [
  {
    path: "checkout",
    lazy: async () => ({
      Component: (await import("@/features/cart/pages/CheckoutPage")).CheckoutPage,
    }),
  },
  {
    path: "orders",
    lazy: async () => ({
      Component: (await import("@/features/orders/pages/OrdersPage")).OrdersPage,
    }),
  },
  {
    path: "orders/:id",
    lazy: async () => ({
      Component: (await import("@/features/orders/pages/OrderPage")).OrderPage,
    }),
  },
  {
    path: "account",
    lazy: async () => ({
      Component: (await import("@/features/auth/pages/AccountPage")).AccountPage,
    }),
  },
];

export const routes: RouteObject[] = [
  {
    Component: Layout,
    HydrateFallback: () => null,
    children: [
      {
        ErrorBoundary: RouteError,
        children: [
          ...shopper,
          { Component: RequireUser, children: signedIn },
          { path: "*", element: <NotFound /> },
        ],
      },
    ],
  },
];

export function createRouter() {
  return createBrowserRouter(routes);
}
