import { SectionLayout } from "@/components/SectionLayout";

const LINKS = [
  ["/admin", "Dashboard", "chart"],
  ["/admin/products", "Products", "box"],
  ["/admin/categories", "Categories", "tag"],
  ["/admin/orders", "Orders", "cart"],
  ["/admin/delivery-methods", "Delivery", "truck"],
  ["/admin/users", "Users", "people"],
  ["/admin/audit", "Audit", "clock"],
  ["/admin/dead-letters", "Dead letters", "inbox"],
  ["/admin/mails", "Mails", "mail"],
] as const;

export function AdminLayout() {
  return <SectionLayout label="Administration" links={LINKS} />;
}
