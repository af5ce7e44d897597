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

// Load the products of the first page at the same time as the scripts. The page sends the same
// request (e2e/loading.spec.ts), and gets this response.
(() => {
  const { pathname, search } = location;
  const lists = {
    "/": "/api/products?sort=newest&limit=8",
    "/products": "/api/products?limit=24&sort=newest",
  };
  const isProduct = /^\/products\/[0-9a-f]{24}$/.test(pathname);
  const href = isProduct ? `/api${pathname}` : search === "" && lists[pathname];
  if (!href) return;
  const link = Object.assign(document.createElement("link"), { rel: "preload", as: "fetch", href });
  link.crossOrigin = "anonymous";
  document.head.append(link);
})();
