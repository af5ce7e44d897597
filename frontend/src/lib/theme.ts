export type Theme = "light" | "dark";

const KEY = "kiosk-theme";

/** The theme in use, as public/theme.js set it before the first paint. */
export function shownTheme(): Theme {
  return document.documentElement.dataset.bsTheme === "dark" ? "dark" : "light";
}

export function chooseTheme(theme: Theme): void {
  document.documentElement.dataset.bsTheme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // The choice then lasts as long as the page.
  }
}
