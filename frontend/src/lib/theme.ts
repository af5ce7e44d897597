export type Theme = "light" | "dark";

const KEY = "kiosk-theme";

/** Return the current theme, which public/early.js sets before the first paint. */
export function currentTheme(): Theme {
  return document.documentElement.dataset.bsTheme === "dark" ? "dark" : "light";
}

export function chooseTheme(theme: Theme): void {
  document.documentElement.dataset.bsTheme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Without storage, the choice lasts until the page is closed.
  }
}
