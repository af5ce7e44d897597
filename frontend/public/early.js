// Runs before the first paint.

// Set the theme, so that the page does not flash in the other theme.
(() => {
  const read = () => {
    try {
      return localStorage.getItem("kiosk-theme");
    } catch {
      return null;
    }
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const chosen = read();
    const theme =
      chosen === "light" || chosen === "dark" ? chosen : dark.matches ? "dark" : "light";
    document.documentElement.dataset.bsTheme = theme;
    for (const meta of document.querySelectorAll('meta[name="theme-color"]')) {
      meta.content = theme === "dark" ? "#141310" : "#FBFAF7";
    }
  };
  apply();
  dark.addEventListener("change", apply);
  addEventListener("storage", apply);
})();

// Request the products of the first page, and on phones their pictures, while the scripts load.
// lib/http uses the response. e2e/loading.spec.ts checks that the addresses are those of the page.
(() => {
  const { origin, pathname, search } = location;
  const lists = {
    "/": "/api/products?sort=newest&limit=8",
    "/products": "/api/products?limit=24&sort=newest",
  };
  const isProduct = /^\/products\/[0-9a-f]{24}$/.test(pathname);
  const path = isProduct ? `/api${pathname}` : search === "" && lists[pathname];
  if (!path) return;
  const response = fetch(path);
  window.earlyResponse = { url: origin + path, response };

  const isPhone = innerWidth < 768 && devicePixelRatio <= 2;
  const preload = ({ image_url: url }) => {
    if (!url) return;
    const href = `${url}&size=${isProduct ? "medium" : "thumb"}`;
    const link = { rel: "preload", as: "image", href, fetchPriority: "high" };
    document.head.append(Object.assign(document.createElement("link"), link));
  };
  const preloadPictures = async () => {
    const body = await (await response).clone().json();
    for (const product of isProduct ? [body] : body.products.slice(0, 2)) preload(product);
  };
  if (isPhone) preloadPictures().catch(() => undefined);
  else response.catch(() => undefined);
})();
