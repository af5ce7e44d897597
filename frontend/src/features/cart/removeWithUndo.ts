import { toast } from "@/components/toastStore";
import { type CartLine, removeLine } from "./cartStore";

export function removeWithUndo(line: Pick<CartLine, "id" | "name">): void {
  toast(`Removed ${line.name} from your cart.`, removeLine(line.id));
}
