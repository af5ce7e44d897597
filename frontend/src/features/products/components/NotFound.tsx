import { Link } from "react-router";
import { useTitle } from "@/lib/useTitle";
import { SearchBox } from "./SearchBox";

export function NotFound({ title = "Page not found" }: { title?: string }) {
  useTitle(title);
  return (
    <div className="shop-width">
      <div className="empty">
        <p className="not-found-number display-face" aria-hidden="true">
          404
        </p>
        <h1 tabIndex={-1}>{title}</h1>
        <p className="muted">Check the address, or search for what you need.</p>
        <div className="form-stack narrow">
          <SearchBox label="Search the shop" />
          <Link className="btn btn-primary" to="/">
            Back to the home page
          </Link>
        </div>
      </div>
    </div>
  );
}
