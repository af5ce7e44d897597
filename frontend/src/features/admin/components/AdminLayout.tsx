import { NavLink, Outlet } from "react-router";
import { Icon, type IconName } from "@/components/Icon";

const LINKS: [to: string, label: string, icon: IconName][] = [
  ["/admin", "Dashboard", "chart"],
  ["/admin/products", "Products", "box"],
  ["/admin/categories", "Categories", "tag"],
  ["/admin/orders", "Orders", "cart"],
  ["/admin/people", "People", "people"],
  ["/admin/parked", "Parked events", "inbox"],
];

export function AdminLayout() {
  return (
    <div className="shop-width admin">
      <nav className="admin-nav" aria-label="Administration">
        <ul className="plain-list">
          {LINKS.map(([to, label, icon]) => (
            <li key={to}>
              <NavLink to={to} end>
                <Icon name={icon} />
                {label}
              </NavLink>
            </li>
          ))}
        </ul>
      </nav>
      <div className="admin-body">
        <Outlet />
      </div>
    </div>
  );
}
