import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { StatisticsBody } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import { SkeletonRows } from "@/components/Skeleton";
import { productsQuery } from "@/features/products/api/listProducts";
import { formatMoney } from "@/lib/money";
import { LOW_STOCK } from "@/lib/settings";
import { pluralize } from "@/lib/text";
import { statisticsQuery } from "../api/getStatistics";
import { deadLettersQuery } from "../api/listDeadLetters";
import { DataTable } from "../components/DataTable";
import { DaySection } from "../components/DaySection";
import { StockBars } from "../components/StockBars";
import { Tile } from "../components/Tile";
import { useAdminTitle } from "../useAdminTitle";

export function DashboardPage() {
  useAdminTitle("Dashboard");
  const { data, error, refetch } = useQuery(statisticsQuery);
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>Dashboard</h1>
      </div>
      <DeadLetterNotice />
      {error && <ErrorNotice error={error} onRetry={() => refetch()} />}
      {data && <Figures data={data} />}
      {/* As high as a phone, so that the footer does not move into view and out again. */}
      {!data && !error && <SkeletonRows count={6} height="9rem" />}
    </>
  );
}

function DeadLetterNotice() {
  const products = useInfiniteQuery(deadLettersQuery("products", "parked"));
  const orders = useInfiniteQuery(deadLettersQuery("orders", "parked"));
  const count = [products, orders]
    .flatMap((list) => list.data?.pages ?? [])
    .reduce((sum, page) => sum + page.dead_letters.length, 0);
  const hasMore = products.hasNextPage || orders.hasNextPage;
  if (count === 0) return null;
  return (
    <div className="spaced">
      <Notice
        tone="warn"
        title={`${hasMore ? "More than " : ""}${pluralize(count, "dead letter")} to review`}
      >
        Some events couldn't be applied. <Link to="/admin/dead-letters">Review dead letters</Link>
      </Notice>
    </div>
  );
}

function Figures({ data }: { data: StatisticsBody }) {
  const today = data.days.at(-1);
  const yesterday = data.days.at(-2);
  const lowStock = useLowStock() ?? String(data.low_stock.length);
  return (
    <div className="dashboard">
      <dl className="tiles">
        <Tile
          label="Orders today"
          value={today?.orders ?? 0}
          note={`${yesterday?.orders ?? 0} yesterday`}
        />
        <Tile
          label="Revenue today"
          value={formatMoney(today?.revenue ?? 0)}
          note={`${formatMoney(yesterday?.revenue ?? 0)} yesterday`}
        />
        <Tile
          label="Pending"
          value={data.pending}
          note={
            data.pending === 0 ? (
              "No pending orders"
            ) : (
              <Link to="/admin/orders?status=PENDING">View pending orders</Link>
            )
          }
        />
        <Tile
          label="Low stock"
          value={lowStock}
          note={
            lowStock === "0" ? (
              "All products well stocked"
            ) : (
              <Link to="/admin/products?stock=low">View low stock</Link>
            )
          }
        />
      </dl>
      <DaySection days={data.days} timeZone={data.time_zone} />
      <div className="two-panels">
        <section className="panel" aria-labelledby="best">
          <h2 id="best">Best sellers</h2>
          {data.best_sellers.length === 0 ? (
            <p className="muted">No sales in the last {data.days.length} days.</p>
          ) : (
            <DataTable
              caption="Best sellers"
              rows={data.best_sellers}
              rowKey={(product) => product.product_id}
              columns={[
                {
                  label: "Product",
                  isHead: true,
                  cell: ({ product_id, name }) => (
                    <Link to={`/admin/products?edit=${product_id}`}>{name}</Link>
                  ),
                },
                { label: "Sold", isNumber: true, cell: (product) => product.quantity },
                {
                  label: "Revenue",
                  isNumber: true,
                  cell: (product) => formatMoney(product.revenue),
                },
              ]}
            />
          )}
        </section>
        <section className="panel" aria-labelledby="stock">
          <h2 id="stock">Low stock</h2>
          {Number(lowStock) > data.low_stock.length && (
            <p className="small-text muted">The products with the lowest stock.</p>
          )}
          <StockBars products={data.low_stock} />
        </section>
      </div>
    </div>
  );
}

/** Return the number of products with low stock; the statistics have only the first few. */
function useLowStock(): string | undefined {
  const { data } = useQuery({
    ...productsQuery({ max_stock: LOW_STOCK, limit: 1 }),
    refetchInterval: 30_000,
  });
  return data && `${data.total}${data.total_capped ? "+" : ""}`;
}
