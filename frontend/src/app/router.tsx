import { createBrowserRouter, type RouteObject } from "react-router";
import { RequireAdmin, RequireUser } from "@/features/auth/components/RequireRole";
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

const admin: RouteObject[] = [
  {
    index: true,
    lazy: async () => ({
      Component: (await import("@/features/admin/pages/DashboardPage")).DashboardPage,
    }),
  },
  {
    path: "products",
    lazy: async () => ({
      Component: (await import("@/features/admin/pages/AdminProductsPage")).AdminProductsPage,
    }),
  },
  {
    path: "categories",
    lazy: async () => ({
      Component: (await import("@/features/admin/pages/CategoriesPage")).CategoriesPage,
    }),
  },
  {
    path: "orders",
    lazy: async () => ({
      Component: (await import("@/features/admin/pages/AdminOrdersPage")).AdminOrdersPage,
    }),
  },
  {
    path: "people",
    lazy: async () => ({
      Component: (await import("@/features/admin/pages/PeoplePage")).PeoplePage,
    }),
  },
  {
    path: "parked",
    lazy: async () => ({
      Component: (await import("@/features/admin/pages/ParkedPage")).ParkedPage,
    }),
  },
];

const adminSection: RouteObject = {
  path: "admin",
  Component: RequireAdmin,
  children: [
    {
      lazy: async () => ({
        Component: (await import("@/features/admin/components/AdminLayout")).AdminLayout,
      }),
      children: admin,
    },
  ],
};

export const routes: RouteObject[] = [
  {
    Component: Layout,
    ErrorBoundary: RouteError,
    HydrateFallback: () => null,
    children: [
      {
        ErrorBoundary: RouteError,
        children: [
          ...shopper,
          { Component: RequireUser, children: signedIn },
          adminSection,
          { path: "*", element: <NotFound /> },
        ],
      },
    ],
  },
];

export function createRouter() {
  return createBrowserRouter(routes);
}
