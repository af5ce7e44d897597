import { Link } from "react-router";
import { SearchBox } from "@/features/products/components/SearchBox";
import { useTitle } from "@/lib/useTitle";

export function NotFound({ title = "There is no such page" }: { title?: string }) {
  useTitle(title);
  return (
    <div className="shop-width">
      <div className="empty">
        <p className="not-found-number display-face" aria-hidden="true">
          404
        </p>
        <h1 tabIndex={-1}>{title}</h1>
        <p className="muted">The address may be mistyped, or what was here is gone.</p>
        <div className="form-stack narrow">
          <SearchBox label="Search the shop instead" />
          <Link className="btn btn-primary" to="/">
            To the start
          </Link>
        </div>
      </div>
    </div>
  );
}
