import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createMemoryRouter, type RouteObject, RouterProvider } from "react-router";
import { routes } from "@/app/router";
import { AuthProvider } from "@/features/auth/AuthContext";
import { CartProvider } from "@/features/cart/CartContext";
import { createQueryClient } from "@/lib/queryClient";

/** Render the whole shop at a URL, with an empty query cache. */
export function openShop(url: string, tree: RouteObject[] = routes) {
  const queries = createQueryClient();
  const { mutations = {} } = queries.getDefaultOptions();
  queries.setDefaultOptions({ mutations, queries: { retry: false } });
  const router = createMemoryRouter(tree, { initialEntries: [url] });
  render(
    <QueryClientProvider client={queries}>
      <AuthProvider>
        <CartProvider>
          <RouterProvider router={router} />
        </CartProvider>
      </AuthProvider>
    </QueryClientProvider>,
  );
  return { user: userEvent.setup(), router, queries };
}
