/** What an owner of the shop may want to change; set at build time. */
export const SHOP_NAME = "Kiosk";
export const LOCALE = "en-IE";
export const CURRENCY: string = import.meta.env.VITE_CURRENCY ?? "EUR";

export const PAGE_SIZE = 24;
/** Fewer than five are few, as the statistics of the server have it. */
export const FEW_LEFT = 4;
export const MOST_PER_LINE = 1000;
export const MOST_LINES = 50;
