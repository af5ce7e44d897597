import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Link } from "react-router";
import type { AddressBody } from "@/api";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { SkeletonRows } from "@/components/Skeleton";
import { useAuth } from "@/features/auth/AuthContext";
import { profileQuery } from "@/features/auth/api/getProfile";
import { addressesQuery } from "@/features/auth/api/listAddresses";
import { useTitle } from "@/lib/useTitle";
import { CheckoutLines } from "../components/CheckoutLines";
import { CheckoutSummary } from "../components/CheckoutSummary";
import { ContactSection } from "../components/ContactSection";
import { DeliverySection } from "../components/DeliverySection";
import { PaymentSection } from "../components/PaymentSection";
import { useCheckout } from "../useCheckout";
import { useFreshLines } from "../useFreshLines";

/** Contact, delivery, payment and every sum on one page. */
export function CheckoutPage() {
  useTitle("Checkout");
  const profile = useQuery(profileQuery);
  const addresses = useQuery(addressesQuery);
  return (
    <div className="shop-width">
      <div className="page-head">
        <h1 tabIndex={-1}>Checkout</h1>
      </div>
      {addresses.isError && (
        <ErrorNotice error={addresses.error} onRetry={() => addresses.refetch()} />
      )}
      {/* The form waits for the name and the addresses that it begins with. */}
      {profile.isPending || addresses.isPending ? (
        <SkeletonRows count={6} height="4.5rem" />
      ) : (
        <Checkout ownerName={profile.data?.name ?? ""} addresses={addresses.data ?? []} />
      )}
    </div>
  );
}

interface Props {
  ownerName: string;
  addresses: readonly AddressBody[];
}

function Checkout({ ownerName, addresses }: Props) {
  const account = useAuth().session?.email ?? "";
  const cart = useFreshLines();
  const checkout = useCheckout({ account, ownerName, addresses, cart });
  const { placing } = checkout;
  const form = useFocusOfFirstError(placing.error);
  if (cart.lines.length === 0 && !placing.isSuccess) {
    return (
      <EmptyState icon="cart" title="Your cart is empty">
        {placing.isError && <ErrorNotice error={placing.error} />}
        <p className="muted">Add items to your cart to place an order.</p>
        <Link className="btn btn-primary" to={placing.isError ? "/orders" : "/products"}>
          {placing.isError ? "View your orders" : "Shop all products"}
        </Link>
      </EmptyState>
    );
  }
  return (
    <div className="two-columns">
      <div ref={form} className="checkout">
        <ContactSection checkout={checkout} />
        <DeliverySection checkout={checkout} />
        <PaymentSection checkout={checkout} />
        <CheckoutLines lines={cart.lines} lineError={checkout.errors.ofLine} />
      </div>
      <CheckoutSummary cart={cart} checkout={checkout} />
    </div>
  );
}

/** Focus the first field that the server refused. */
function useFocusOfFirstError(error: Error | null) {
  const form = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const field = error && form.current?.querySelector<HTMLElement>("[aria-invalid=true]");
    if (!field) return;
    const choice = field.querySelector<HTMLElement>(":checked") ?? field.querySelector("input");
    (choice ?? field).focus();
  }, [error]);
  return form;
}
