/** Settings that a shop owner may want to change before a build. */
export const SHOP_NAME = "Kiosk";
export const LOCALE = "en-IE";
export const CURRENCY: string = import.meta.env.VITE_CURRENCY ?? "EUR";

export const PAGE_SIZE = 24;
/** Stock up to this number is low; the server's statistics use the same number. */
export const LOW_STOCK = 4;
