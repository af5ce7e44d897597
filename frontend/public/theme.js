// Sets the theme before the first paint, so that the page does not flash in the other theme.
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
