/** What a shopper has chosen and typed at checkout. It survives a reload, and ends with the tab. */
import { useEffect, useState } from "react";
import type { PaymentMethod } from "@/api";
import type { AddressDraft } from "@/features/auth/addressForm";
import { currentSession, sessionStore } from "@/lib/session";

export interface CheckoutDraft {
  /** The email address of the account that the draft belongs to. */
  account: string;
  /** These are null, or empty, until the shopper chooses something else than the default. */
  name: string | null;
  country: string;
  method: string;
  payment: PaymentMethod | null;
  /** The id of a saved address, or NEW_ADDRESS. */
  addressId: string;
  address: AddressDraft | null;
  isAddressToBeSaved: boolean;
  phone: string;
  note: string;
}

export const NEW_ADDRESS = "new";
const STORED = "kiosk-checkout";

/** Return the draft of an account, and a function that changes some of it. */
export function useCheckoutDraft(account: string) {
  const [draft, setDraft] = useState(() => readDraft(account));
  useEffect(() => writeDraft(draft), [draft]);
  const change = (part: Partial<CheckoutDraft>) => setDraft((before) => ({ ...before, ...part }));
  return [draft, change] as const;
}

export function forgetDraft(): void {
  try {
    sessionStorage.removeItem(STORED);
  } catch {
    // Without storage, there is nothing to forget.
  }
}

// The next user of this tab must not see the address of the last one.
sessionStore.subscribe(() => {
  if (!currentSession()) forgetDraft();
});

function readDraft(account: string): CheckoutDraft {
  const empty: CheckoutDraft = {
    account,
    name: null,
    country: "",
    method: "",
    payment: null,
    addressId: "",
    address: null,
    isAddressToBeSaved: false,
    phone: "",
    note: "",
  };
  try {
    const stored = JSON.parse(sessionStorage.getItem(STORED) ?? "{}");
    return stored.account === account ? { ...empty, ...stored } : empty;
  } catch {
    return empty;
  }
}

function writeDraft(draft: CheckoutDraft): void {
  try {
    sessionStorage.setItem(STORED, JSON.stringify(draft));
  } catch {
    // Without storage, the draft lasts until the page is closed.
  }
}
