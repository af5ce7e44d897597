import { useInfiniteQuery } from "@tanstack/react-query";
import Button from "react-bootstrap/Button";
import { Link } from "react-router";
import type { OrderBody } from "@/api";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { type PicturedProduct, ProductPicture } from "@/components/ProductPicture";
import { SkeletonRows } from "@/components/Skeleton";
import { TimeAgo } from "@/components/TimeAgo";
import { formatMoney } from "@/lib/money";
import { useFocusFirstNew } from "@/lib/useFocusFirstNew";
import { useTitle } from "@/lib/useTitle";
import { ordersQuery } from "../api/listOrders";
import { StatusChip } from "../components/StatusChip";
import { isUnsettled, useLiveOrders, useRefetchInterval } from "../live/useLiveOrders";
import { usePictures } from "../usePictures";

const MAX_PICTURES = 4;

export function OrdersPage() {
  useTitle("Orders");
  const interval = useRefetchInterval();
  const list = useInfiniteQuery({
    ...ordersQuery,
    refetchInterval: ({ state }) =>
      interval(state.data?.pages.some((page) => page.orders.some(isUnsettled)) ?? false),
  });
  const orders = list.data?.pages.flatMap((page) => page.orders) ?? [];
  const { list: rows, expectMore } = useFocusFirstNew(orders.length);
  useLiveOrders(orders.some(isUnsettled));
  const picture = usePictures(orders.flatMap((order) => order.products.slice(0, MAX_PICTURES)));

  function showOlder() {
    expectMore();
    list.fetchNextPage();
  }
  return (
    <div className="shop-width">
      <div className="page-head">
        <h1 tabIndex={-1}>Your orders</h1>
      </div>
      {list.isPending && <SkeletonRows count={5} height="146px" />}
      {list.isSuccess && orders.length === 0 && (
        <EmptyState icon="box" title="No orders yet">
          <p className="muted">Your orders and their status will appear here.</p>
          <Link className="btn btn-primary" to="/products">
            Shop all products
          </Link>
        </EmptyState>
      )}
      <ul ref={rows} className="order-list plain-list">
        {orders.map((order) => (
          <Row key={order.id} order={order} picture={picture} />
        ))}
      </ul>
      {list.isError && <ErrorNotice error={list.error} onRetry={() => list.refetch()} />}
      {list.hasNextPage && (
        <div className="more">
          <Button
            variant="outline-secondary"
            disabled={list.isFetchingNextPage}
            onClick={showOlder}
          >
            {list.isFetchingNextPage ? "Loading…" : "Show older orders"}
          </Button>
        </div>
      )}
    </div>
  );
}

interface RowProps {
  order: OrderBody;
  picture: (line: OrderBody["products"][number]) => PicturedProduct;
}

function Row({ order, picture }: RowProps) {
  const more = order.products.length - MAX_PICTURES;
  return (
    <li className="order-row panel">
      <div className="order-row-head">
        <StatusChip order={order} />
        <span className="muted small-text">
          <span className="order-number">{order.number}</span> <TimeAgo time={order.created_at} />
        </span>
        <strong className="money">{formatMoney(order.total)}</strong>
      </div>
      <div className="order-row-pictures">
        {order.products.slice(0, MAX_PICTURES).map((line) => (
          <ProductPicture key={line.product_id} product={picture(line)} sizes="56px" />
        ))}
        {more > 0 && <span className="muted">+{more}</span>}
        <Link className="stretched quiet-link" to={`/orders/${order.id}`}>
          {summary(order)}
        </Link>
      </div>
    </li>
  );
}

function summary(order: OrderBody): string {
  const [first, ...others] = order.products;
  if (!first) return "Empty order";
  const name = `${first.quantity} × ${first.name}`;
  return others.length === 0 ? name : `${name} and ${others.length} more`;
}
