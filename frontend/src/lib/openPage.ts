/** Leave the shop for another site, or for an address that the router does not know. */
export function openPage(url: string): void {
  location.assign(url);
}
