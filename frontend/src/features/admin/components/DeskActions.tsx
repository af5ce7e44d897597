import { type ComponentType, useState } from "react";
import Button from "react-bootstrap/Button";
import { Link } from "react-router";
import type { AdminOrderBody } from "@/api";
import { CancelOrder } from "@/features/orders/components/CancelOrder";
import { canCollect, refundableCents } from "../desk";
import { CloseLinesDialog } from "./CloseLinesDialog";
import { CollectDialog } from "./CollectDialog";
import { DeliveredDialog } from "./DeliveredDialog";
import { NoteDialog } from "./NoteDialog";
import { PaymentDialog } from "./PaymentDialog";
import { RefundDialog } from "./RefundDialog";
import { ShipDialog } from "./ShipDialog";

interface DialogProps {
  order: AdminOrderBody;
  onClose: () => void;
}

interface Action {
  button: string;
  Dialog: ComponentType<DialogProps>;
  isPossible: (order: AdminOrderBody) => boolean;
}

/** What an order waits for. The first possible action is highlighted. */
const TASKS: Action[] = [
  {
    button: "Resolve problem",
    Dialog: NoteDialog,
    isPossible: ({ problem }) => problem !== null,
  },
  { button: "Hand over", Dialog: CollectDialog, isPossible: canCollect },
  {
    button: "Record payment",
    Dialog: PaymentDialog,
    isPossible: ({ actions, payment }) => actions.includes("payment") && payment.open > 0,
  },
  { button: "Ship", Dialog: ShipDialog, isPossible: ({ actions }) => actions.includes("ship") },
  {
    button: "Delivered",
    Dialog: DeliveredDialog,
    isPossible: ({ actions }) => actions.includes("deliver"),
  },
];

const OTHERS: Action[] = [
  {
    button: "Close the rest",
    Dialog: CloseLinesDialog,
    isPossible: ({ actions }) => actions.includes("close_lines"),
  },
  {
    button: "Refund an amount",
    Dialog: RefundDialog,
    isPossible: (order) => order.actions.includes("refund") && refundableCents(order) > 0,
  },
  {
    button: "Record unexpected payment",
    Dialog: PaymentDialog,
    isPossible: ({ actions, payment }) => actions.includes("payment") && payment.open === 0,
  },
  {
    button: "Add note",
    Dialog: NoteDialog,
    isPossible: ({ problem, actions }) => problem === null && actions.includes("note"),
  },
];

/** What an admin can do with an order now. */
export function DeskActions({ order }: { order: AdminOrderBody }) {
  const [opened, setOpened] = useState<Action | null>(null);
  const [main, ...tasks] = TASKS.filter((action) => action.isPossible(order));
  const others = OTHERS.filter((action) => action.isPossible(order));
  return (
    <div className="desk-actions">
      {main && <Button onClick={() => setOpened(main)}>{main.button}</Button>}
      {[...tasks, ...others].map((action) => (
        <Button key={action.button} variant="outline-secondary" onClick={() => setOpened(action)}>
          {action.button}
        </Button>
      ))}
      <Link className="btn btn-outline-secondary" to={`/admin/orders/${order.id}/packing-slip`}>
        Packing slip
      </Link>
      <CancelOrder order={order} whose="the customer's" />
      {opened && <opened.Dialog order={order} onClose={() => setOpened(null)} />}
    </div>
  );
}
