import { useQuery } from "@tanstack/react-query";
import type { CSSProperties } from "react";
import { Link } from "react-router";
import { Skeleton } from "@/components/Skeleton";
import { capital } from "@/lib/words";
import { categoriesQuery } from "../api/listCategories";
import { categoryHue } from "../art";

const PLACES = [0, 1, 2, 3, 4, 5, 6, 7];

export function CategoryTiles() {
  const { data, isError } = useQuery(categoriesQuery);
  if (isError && !data) return null;
  return (
    <section aria-label="Categories">
      <div className="section-head">
        <h2>Categories</h2>
      </div>
      <ul className="category-tiles plain-list">
        {data?.map((name) => (
          <li key={name}>
            <Link
              to={`/products?category=${encodeURIComponent(name)}`}
              style={{ "--hue": categoryHue(name) } as CSSProperties}
            >
              {capital(name)}
            </Link>
          </li>
        )) ??
          PLACES.map((place) => (
            <li key={place}>
              <Skeleton height="88px" />
            </li>
          ))}
      </ul>
    </section>
  );
}
