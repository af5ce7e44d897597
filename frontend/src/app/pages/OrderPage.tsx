import { ReorderButton } from "@/features/cart/components/ReorderButton";
import * as orders from "@/features/orders/pages/OrderPage";

export function OrderPage() {
  return <orders.OrderPage ReorderButton={ReorderButton} />;
}
