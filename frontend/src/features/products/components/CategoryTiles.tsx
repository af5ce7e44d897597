import { useQuery } from "@tanstack/react-query";
import type { CSSProperties } from "react";
import { Link } from "react-router";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Skeleton } from "@/components/Skeleton";
import { WhileLoading } from "@/components/WhileLoading";
import { categoryHue } from "@/lib/productArt";
import { capitalize } from "@/lib/text";
import { categoryNamesQuery } from "../api/listCategories";

const SKELETONS = [0, 1, 2, 3, 4, 5, 6, 7];

export function CategoryTiles() {
  const { data, error, refetch } = useQuery(categoryNamesQuery);
  if (data?.length === 0) return null;
  return (
    <section aria-label="Categories">
      <div className="section-head">
        <h2>Categories</h2>
      </div>
      {error && !data && <ErrorNotice error={error} onRetry={() => refetch()} />}
      {data && (
        <ul className="category-tiles plain-list">
          {data.map((name) => (
            <li key={name}>
              <Link
                to={`/products?category=${encodeURIComponent(name)}`}
                style={{ "--hue": categoryHue(name) } as CSSProperties}
              >
                {capitalize(name)}
              </Link>
            </li>
          ))}
        </ul>
      )}
      {!data && !error && (
        <WhileLoading>
          <div className="category-tiles">
            {SKELETONS.map((index) => (
              <Skeleton key={index} height="88px" />
            ))}
          </div>
        </WhileLoading>
      )}
    </section>
  );
}
