import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";
import { useStore } from "@/lib/store";
import { type Cart, cartStore } from "./cartStore";

interface CartContextValue extends Cart {
  count: number;
  isDrawerOpen: boolean;
  openDrawer: () => void;
  closeDrawer: () => void;
}

const CartContext = createContext<CartContextValue | null>(null);

export function CartProvider({ children }: { children: ReactNode }) {
  const cart = useStore(cartStore);
  const [isDrawerOpen, setDrawerOpen] = useState(false);
  const openDrawer = useCallback(() => setDrawerOpen(true), []);
  const closeDrawer = useCallback(() => setDrawerOpen(false), []);
  const value = useMemo(
    () => ({
      ...cart,
      count: cart.lines.reduce((sum, line) => sum + line.quantity, 0),
      isDrawerOpen,
      openDrawer,
      closeDrawer,
    }),
    [cart, isDrawerOpen, openDrawer, closeDrawer],
  );
  return <CartContext value={value}>{children}</CartContext>;
}

export function useCart(): CartContextValue {
  const value = useContext(CartContext);
  if (!value) throw new Error("useCart must be used inside a CartProvider.");
  return value;
}
