import { useLayoutEffect, useRef } from "react";
import { NavLink, Outlet, useLocation } from "react-router";
import { Icon, type IconName } from "./Icon";

interface Props {
  /** What the pages are about, for screen readers. */
  label: string;
  /** The page, its name and its icon. The path of the first page starts those of the others. */
  links: readonly (readonly [to: string, label: string, icon?: IconName])[];
}

/** The frame of pages that belong together, with links between them. */
export function SectionLayout({ label, links }: Props) {
  const list = useCurrentLinkInView();
  return (
    <div className="shop-width section-layout">
      <nav className="section-nav" aria-label={label}>
        <ul ref={list} className="plain-list">
          {links.map(([to, name, icon], index) => (
            <li key={to}>
              <NavLink to={to} end={index === 0}>
                {icon && <Icon name={icon} />}
                {name}
              </NavLink>
            </li>
          ))}
        </ul>
      </nav>
      <div className="section-body">
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
