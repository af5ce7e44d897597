import type { ComponentType } from "react";
import { type Location, matchRoutes, type RouteObject, useRoutes } from "react-router";
import { RequireAdmin, RequireUser } from "@/features/auth/components/RequireRole";
import { NotFound } from "@/features/products/components/NotFound";
import { chunkComponent } from "@/lib/chunkComponent";
import { CataloguePage } from "./pages/CataloguePage";
import { HomePage } from "./pages/HomePage";
import { ProductPage } from "./pages/ProductPage";

/** Return the route of a page that is part of the first chunk, so that it appears sooner. */
function firstPage(path: string, Component: ComponentType): RouteObject {
  return path === "" ? { index: true, Component } : { path, Component };
}

/** Return the route of a page whose chunk is loaded when the page is first opened. */
function page<Name extends string>(
  path: string,
  request: () => Promise<Record<NoInfer<Name>, ComponentType>>,
  name: Name,
): RouteObject {
  return path === "" ? { index: true, ...lazy(request, name) } : { path, ...lazy(request, name) };
}

function lazy<Name extends string>(
  request: () => Promise<Record<NoInfer<Name>, ComponentType>>,
  name: Name,
): Pick<RouteObject, "Component" | "handle"> {
  const { Component, load } = chunkComponent(async () => (await request())[name]);
  return { Component, handle: load };
}

// biome-ignore format: a table is easier to read with one route per line.
const publicPages: RouteObject[] = [
  firstPage("", HomePage),
  firstPage("products", CataloguePage),
  firstPage("products/:id", ProductPage),
  page("cart", () => import("./pages/CartPage"), "CartPage"),
  page("sign-in", () => import("@/features/auth/pages/SignInPage"), "SignInPage"),
  page("register", () => import("@/features/auth/pages/RegisterPage"), "RegisterPage"),
  page("forgot-password", () => import("@/features/auth/pages/ForgotPasswordPage"), "ForgotPasswordPage"),
  page("reset-password", () => import("@/features/auth/pages/ResetPasswordPage"), "ResetPasswordPage"),
  page("verify-email", () => import("@/features/auth/pages/VerifyEmailPage"), "VerifyEmailPage"),
  page("confirm-email-change", () => import("@/features/auth/pages/ConfirmEmailChangePage"), "ConfirmEmailChangePage"),
  page("undo-email-change", () => import("@/features/auth/pages/UndoEmailChangePage"), "UndoEmailChangePage"),
];

// biome-ignore format: a table is easier to read with one route per line.
const userPages: RouteObject[] = [
  page("checkout", () => import("@/features/cart/pages/CheckoutPage"), "CheckoutPage"),
  page("orders", () => import("@/features/orders/pages/OrdersPage"), "OrdersPage"),
  page("orders/:id", () => import("./pages/OrderPage"), "OrderPage"),
];

// biome-ignore format: a table is easier to read with one route per line.
const accountPages: RouteObject[] = [
  page("", () => import("@/features/auth/pages/AccountPage"), "AccountPage"),
  page("addresses", () => import("@/features/auth/pages/AddressesPage"), "AddressesPage"),
  page("sessions", () => import("@/features/auth/pages/SessionsPage"), "SessionsPage"),
];

// biome-ignore format: a table is easier to read with one route per line.
const adminPages: RouteObject[] = [
  page("", () => import("@/features/admin/pages/DashboardPage"), "DashboardPage"),
  page("products", () => import("@/features/admin/pages/AdminProductsPage"), "AdminProductsPage"),
  page("categories", () => import("@/features/admin/pages/CategoriesPage"), "CategoriesPage"),
  page("orders", () => import("@/features/admin/pages/AdminOrdersPage"), "AdminOrdersPage"),
  page("orders/pick-list", () => import("@/features/admin/pages/PickListPage"), "PickListPage"),
  page("orders/:id", () => import("@/features/admin/pages/AdminOrderPage"), "AdminOrderPage"),
  page("orders/:id/packing-slip", () => import("@/features/admin/pages/PackingSlipPage"), "PackingSlipPage"),
  page("delivery-methods", () => import("@/features/admin/pages/DeliveryMethodsPage"), "DeliveryMethodsPage"),
  page("users", () => import("@/features/admin/pages/UsersPage"), "UsersPage"),
  page("users/:id", () => import("@/features/admin/pages/UserPage"), "UserPage"),
  page("audit", () => import("@/features/admin/pages/AuditPage"), "AuditPage"),
  page("dead-letters", () => import("@/features/admin/pages/DeadLettersPage"), "DeadLettersPage"),
  page("mails", () => import("@/features/admin/pages/MailsPage"), "MailsPage"),
];

const accountLayout: RouteObject = {
  ...lazy(() => import("@/features/auth/components/AccountLayout"), "AccountLayout"),
  children: accountPages,
};

const adminLayout: RouteObject = {
  ...lazy(() => import("@/features/admin/components/AdminLayout"), "AdminLayout"),
  children: adminPages,
};

const routes: RouteObject[] = [
  ...publicPages,
  { Component: RequireUser, children: userPages },
  { path: "account", Component: RequireUser, children: [accountLayout] },
  { path: "admin", Component: RequireAdmin, children: [adminLayout] },
  { path: "*", element: <NotFound /> },
];

/** Start to load all chunks of a page at once. */
export function loadPage(location: Location): void {
  for (const { route } of matchRoutes(routes, location) ?? []) route.handle?.();
}

export function Page() {
  return useRoutes(routes);
}
