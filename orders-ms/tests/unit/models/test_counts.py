from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.models.statistics import (
    CountedOrder,
    SoldLine,
    StatusChange,
    bounds_of,
    count_changes,
    day_of,
)
from shopkit.contract.events import OrderStatus
from shopkit.testing.deliveries import NOON

PENDING, ACCEPTED = OrderStatus.PENDING, OrderStatus.ACCEPTED
REJECTED, CANCELLED = OrderStatus.REJECTED, OrderStatus.CANCELLED
UTC_ZONE = ZoneInfo("UTC")
TODAY = NOON.date()
ORDER = CountedOrder("o", NOON, (SoldLine("a", "mug", 100, 2), SoldLine("b", "bowl", 30, 1)))

ZONES = ["UTC", "Europe/Berlin", "Pacific/Auckland", "America/Havana", "America/Sao_Paulo"]


class TestCountChanges:
    @pytest.mark.parametrize(
        ("before", "after", "orders", "pending", "sold"),
        [
            (None, PENDING, 1, 1, 0),
            (None, ACCEPTED, 1, 0, 1),
            (None, REJECTED, 1, 0, 0),
            (PENDING, ACCEPTED, 0, -1, 1),
            (PENDING, REJECTED, 0, -1, 0),
            (PENDING, CANCELLED, 0, -1, 0),
            (ACCEPTED, CANCELLED, 0, 0, -1),
        ],
    )
    def test_counts_each_change(
        self,
        before: OrderStatus | None,
        after: OrderStatus,
        orders: int,
        pending: int,
        sold: int,
    ) -> None:
        # When
        counts = count_changes([StatusChange("o", before, after)], {"o": ORDER}, UTC_ZONE)
        # Then
        assert (counts.orders[TODAY], counts.pending) == (orders, pending)
        assert counts.revenue_cents[TODAY] == 230 * sold
        assert counts.quantities[TODAY, "a"] == 2 * sold
        assert counts.product_revenue_cents[TODAY, "a"] == 200 * sold
        assert counts.product_revenue_cents[TODAY, "b"] == 30 * sold

    def test_counts_an_order_on_the_day_on_which_it_was_placed(self) -> None:
        # Given
        late = ORDER._replace(created_at=datetime(2026, 5, 4, 23, 30, tzinfo=UTC))
        # When
        counts = count_changes(
            [StatusChange("o", None, PENDING), StatusChange("o", PENDING, ACCEPTED)],
            {"o": late},
            ZoneInfo("Europe/Berlin"),
        )
        # Then
        assert counts.orders == {date(2026, 5, 5): 1}
        assert counts.revenue_cents == {date(2026, 5, 5): 230}
        assert counts.names == {"a": "mug", "b": "bowl"}

    def test_skips_orders_that_no_longer_exist(self) -> None:
        counts = count_changes([StatusChange("gone", None, PENDING)], {}, UTC_ZONE)
        assert (counts.orders, counts.pending) == ({}, 0)


class TestBounds:
    @given(st.dates(date(2005, 1, 1), date(2035, 12, 31)), st.sampled_from(ZONES))
    def test_a_day_is_all_times_whose_day_it_is(self, day: date, name: str) -> None:
        # When
        zone = ZoneInfo(name)
        start, end = bounds_of(day, zone)
        # Then
        assert day_of(start, zone) == day == day_of(end - timedelta(milliseconds=1), zone)
        assert day_of(start - timedelta(milliseconds=1), zone) == day - timedelta(days=1)
        assert bounds_of(day + timedelta(days=1), zone)[0] == end

    def test_a_day_with_a_change_of_the_clocks_is_shorter_or_longer(self) -> None:
        berlin = ZoneInfo("Europe/Berlin")
        spring, autumn = bounds_of(date(2026, 3, 29), berlin), bounds_of(date(2026, 10, 25), berlin)
        assert spring[1] - spring[0] == timedelta(hours=23)
        assert autumn[1] - autumn[0] == timedelta(hours=25)
