import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { StatisticsBody } from "@/api";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import { SkeletonRows } from "@/components/Skeleton";
import { productsQuery } from "@/features/products/api/listProducts";
import { formatMoney } from "@/lib/money";
import { FEW_LEFT } from "@/lib/settings";
import { useTitle } from "@/lib/useTitle";
import { plural } from "@/lib/words";
import { statisticsQuery } from "../api/getStatistics";
import { lettersQuery } from "../api/listLetters";
import { DataTable } from "../components/DataTable";
import { DaySection } from "../components/DaySection";
import { StockBars } from "../components/StockBars";
import { Tile } from "../components/Tile";

export function DashboardPage() {
  useTitle("Dashboard");
  const { data, error, refetch } = useQuery(statisticsQuery);
  return (
    <>
      <div className="page-head">
        <h1 tabIndex={-1}>Dashboard</h1>
      </div>
      <ParkedNotice />
      {error && <ErrorNotice error={error} onRetry={() => refetch()} />}
      {data && <Figures data={data} />}
      {!data && !error && <SkeletonRows count={3} height="9rem" />}
    </>
  );
}

function ParkedNotice() {
  const products = useInfiniteQuery(lettersQuery("products", "parked"));
  const orders = useInfiniteQuery(lettersQuery("orders", "parked"));
  const count = [products, orders]
    .flatMap((list) => list.data?.pages ?? [])
    .reduce((sum, page) => sum + page.dead_letters.length, 0);
  const isMore = products.hasNextPage || orders.hasNextPage;
  if (count === 0) return null;
  return (
    <div className="spaced">
      <Notice
        tone="warn"
        title={`${isMore ? "More than " : ""}${plural(count, "event")} could not be applied`}
      >
        <Link to="/admin/parked">See what failed, and why</Link>
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
              "All decided"
            ) : (
              <Link to="/admin/orders?status=PENDING">See them</Link>
            )
          }
        />
        <Tile
          label="Low stock"
          value={lowStock}
          note={
            lowStock === "0" ? "All good" : <Link to="/admin/products?stock=low">See them</Link>
          }
        />
      </dl>
      <DaySection days={data.days} />
      <div className="two-panels">
        <section className="panel" aria-labelledby="best">
          <h2 id="best">Best sellers</h2>
          {data.best_sellers.length === 0 ? (
            <p className="muted">Nothing sold in these {data.days.length} days.</p>
          ) : (
            <DataTable
              caption="Best sellers"
              rows={data.best_sellers}
              rowKey={(each) => each.product_id}
              columns={[
                {
                  label: "Product",
                  isHead: true,
                  cell: (each) => <Link to={`/products/${each.product_id}`}>{each.name}</Link>,
                },
                { label: "Sold", isNumber: true, cell: (each) => each.quantity },
                { label: "Revenue", isNumber: true, cell: (each) => formatMoney(each.revenue) },
              ]}
            />
          )}
        </section>
        <section className="panel" aria-labelledby="stock">
          <h2 id="stock">Low stock</h2>
          {Number(lowStock) > data.low_stock.length && (
            <p className="small-text muted">Those of which fewest are left.</p>
          )}
          <StockBars products={data.low_stock} />
        </section>
      </div>
    </div>
  );
}

/** How many are running low: the statistics name only the first few of them. */
function useLowStock(): string | undefined {
  const { data } = useQuery({
    ...productsQuery({ max_stock: FEW_LEFT, limit: 1 }),
    refetchInterval: 30_000,
  });
  return data && `${data.total}${data.total_capped ? "+" : ""}`;
}
