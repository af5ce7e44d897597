from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from orders.dependencies import Services
from orders.models.order import Order
from orders.models.statistics import BestSeller, Day
from orders.repositories.statistics import StatisticsRepository
from shopkit.contract.events import OrderStatusUpdate
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import NOON, an_id, delivery, state

Know = Callable[..., Awaitable[None]]
Place = Callable[..., Awaitable[Order]]
MIDNIGHT = NOON.replace(hour=0)


class TestGet:
    @pytest.fixture(autouse=True)
    def days_since(self, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
        """mongomock cannot truncate dates. The aggregation is tested on a real database."""
        since_values: list[datetime] = []

        async def days(_self: StatisticsRepository, since: datetime) -> list[Day]:
            since_values.append(since)
            return [Day(MIDNIGHT - timedelta(days=1), 3, 700)]

        monkeypatch.setattr(StatisticsRepository, "days", days)
        return since_values

    async def test_contains_every_day_up_to_today(
        self, services: Services, clock: FakeClock, days_since: list[datetime]
    ) -> None:
        # Given
        clock.now = NOON + timedelta(hours=11, minutes=59)
        # When
        statistics = await services.statistics.get(3)
        # Then
        assert statistics.days == [
            Day(MIDNIGHT - timedelta(days=2), 0, 0),
            Day(MIDNIGHT - timedelta(days=1), 3, 700),
            Day(MIDNIGHT, 0, 0),
        ]
        assert days_since == [MIDNIGHT - timedelta(days=2)]

    async def test_counts_pending_orders_best_sellers_and_low_stock(
        self, services: Services, know: Know, place: Place
    ) -> None:
        # Given
        await know(state(1, quantity=4), state(2, quantity=5), state(3, quantity=0, archived=True))
        accepted = [await place({1: 2}), await place({1: 1, 2: 2})]
        await place({2: 5})
        for order in accepted:
            event = OrderStatusUpdate.model_validate({"order_id": order.id, "status": "ACCEPTED"})
            await services.orders.settle([delivery(event)])
        # When
        statistics = await services.statistics.get(1)
        # Then
        assert statistics.pending == 1
        assert statistics.best_sellers == [
            BestSeller(an_id(1), "product 1", 3, 300),
            BestSeller(an_id(2), "product 2", 2, 200),
        ]
        assert [product.id for product in statistics.low_stock] == [an_id(1)]
