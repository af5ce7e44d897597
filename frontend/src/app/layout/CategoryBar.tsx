import { useQuery } from "@tanstack/react-query";
import { Link, useLocation, useSearchParams } from "react-router";
import { categoryNamesQuery } from "@/features/products/api/listCategories";
import { capitalize } from "@/lib/text";

export function CategoryBar() {
  const { data } = useQuery(categoryNamesQuery);
  const [search] = useSearchParams();
  const { pathname } = useLocation();
  const current = pathname === "/products" ? (search.get("category") ?? "") : null;
  return (
    <nav className="category-bar" aria-label="Categories">
      <ul className="shop-width">
        {["", ...(data ?? [])].map((name) => (
          <li key={name}>
            <Link
              to={name ? `/products?category=${encodeURIComponent(name)}` : "/products"}
              aria-current={current === name ? "page" : undefined}
            >
              {name ? capitalize(name) : "All"}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
