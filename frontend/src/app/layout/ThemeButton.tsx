import { useState } from "react";
import Button from "react-bootstrap/Button";
import { Icon } from "@/components/Icon";
import { chooseTheme, currentTheme } from "@/lib/theme";

export function ThemeButton() {
  const [theme, setTheme] = useState(currentTheme);
  const other = theme === "dark" ? "light" : "dark";
  function change() {
    chooseTheme(other);
    setTheme(other);
  }
  return (
    <Button
      variant="quiet"
      className="btn-icon"
      aria-label={`Switch to ${other} theme`}
      title={`Switch to ${other} theme`}
      onClick={change}
    >
      <Icon name={theme === "dark" ? "sun" : "moon"} />
    </Button>
  );
}
