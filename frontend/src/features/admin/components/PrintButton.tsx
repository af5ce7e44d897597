import Button from "react-bootstrap/Button";
import { Icon } from "@/components/Icon";

export function PrintButton() {
  return (
    <Button onClick={() => print()}>
      <Icon name="print" />
      Print
    </Button>
  );
}
