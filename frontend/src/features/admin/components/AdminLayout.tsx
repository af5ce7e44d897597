import { useLayoutEffect, useRef } from "react";
import { NavLink, Outlet, useLocation } from "react-router";
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
  const list = useCurrentInView();
  return (
    <div className="shop-width admin">
      <nav className="admin-nav" aria-label="Administration">
        <ul ref={list} className="plain-list">
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

/** On a phone the links scroll sideways: the one of this page is brought to their middle. */
function useCurrentInView() {
  const list = useRef<HTMLUListElement>(null);
  const { pathname } = useLocation();
  useLayoutEffect(() => {
    const current = list.current?.querySelector<HTMLElement>(`a[href="${pathname}"]`);
    if (!list.current || !current) return;
    const space = list.current.clientWidth - current.offsetWidth;
    list.current.scrollLeft = current.offsetLeft - list.current.offsetLeft - space / 2;
  }, [pathname]);
  return list;
}
