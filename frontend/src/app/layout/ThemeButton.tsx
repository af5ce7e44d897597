import { useState } from "react";
import Button from "react-bootstrap/Button";
import { Icon } from "@/components/Icon";
import { chooseTheme, shownTheme } from "@/lib/theme";

export function ThemeButton() {
  const [theme, setTheme] = useState(shownTheme);
  const other = theme === "dark" ? "light" : "dark";
  function change() {
    chooseTheme(other);
    setTheme(other);
  }
  return (
    <Button
      variant="quiet"
      className="btn-icon"
      aria-label={`Use the ${other} theme`}
      title={`Use the ${other} theme`}
      onClick={change}
    >
      <Icon name={theme === "dark" ? "sun" : "moon"} />
    </Button>
  );
}
