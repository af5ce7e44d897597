import { useLayoutEffect, useRef } from "react";
import { NavLink, Outlet, useLocation } from "react-router";
import { Icon, type IconName } from "@/components/Icon";

const LINKS: [to: string, label: string, icon: IconName][] = [
  ["/admin", "Dashboard", "chart"],
  ["/admin/products", "Products", "box"],
  ["/admin/categories", "Categories", "tag"],
  ["/admin/orders", "Orders", "cart"],
  ["/admin/users", "Users", "people"],
  ["/admin/audit", "Audit", "clock"],
  ["/admin/dead-letters", "Dead letters", "inbox"],
];

export function AdminLayout() {
  const list = useCurrentLinkInView();
  return (
    <div className="shop-width admin">
      <nav className="admin-nav" aria-label="Administration">
        <ul ref={list} className="plain-list">
          {LINKS.map(([to, label, icon]) => (
            <li key={to}>
              <NavLink to={to} end={to === "/admin"}>
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

/** Scroll the link of the current page to the middle: on phones the links scroll sideways. */
function useCurrentLinkInView() {
  const list = useRef<HTMLUListElement>(null);
  const { pathname } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page has another current link.
  useLayoutEffect(() => {
    const current = list.current?.querySelector<HTMLElement>(".active");
    if (!list.current || !current) return;
    const space = list.current.clientWidth - current.offsetWidth;
    list.current.scrollLeft = current.offsetLeft - list.current.offsetLeft - space / 2;
  }, [pathname]);
  return list;
}
