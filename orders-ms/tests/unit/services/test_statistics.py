from datetime import UTC, date, datetime, timedelta

import pytest
from bson import ObjectId, Timestamp

from orders.dependencies import Services
from orders.models.statistics import BestSeller, Day
from orders.repositories.statistics import CountPosition, StatisticsRepository
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import NOON, an_id, state

TODAY = NOON.date()
GENERATION = ObjectId()


@pytest.fixture
async def counted(database: Database) -> None:
    """Counters of a shop in Tokyo, for today and the day before yesterday."""
    position = CountPosition(GENERATION, "Asia/Tokyo", Timestamp(1, 1), None, 7)
    await StatisticsRepository(database).publish(position)
    earlier = TODAY - timedelta(days=2)
    for day, orders in ((TODAY, 1), (earlier, 3)):
        key = {"generation": GENERATION, "day": day.isoformat()}
        await database["statistics_days"].insert_one(
            {**key, "orders": orders, "revenue_cents": 700}
        )
    other = {"generation": ObjectId(), "day": TODAY.isoformat()}
    await database["statistics_days"].insert_one({**other, "orders": 99, "revenue_cents": 99})
    rows = [(GENERATION, TODAY, 1, 3), (GENERATION, earlier, 1, 1), (GENERATION, TODAY, 2, 5)]
    rows += [(GENERATION, TODAY, 3, 0), (ObjectId(), TODAY, 1, 99)]
    for generation, day, product, quantity in rows:
        await database["statistics_products"].insert_one(
            {
                "generation": generation,
                "day": day.isoformat(),
                "product_id": ObjectId(an_id(product)),
                "name": f"old name {product}",
                "quantity": quantity,
                "revenue_cents": 100 * quantity,
            }
        )


class TestGet:
    async def test_contains_every_day_of_the_shop_up_to_today(
        self, services: Services, counted: None
    ) -> None:
        # When
        statistics = await services.statistics.get(3)
        # Then
        assert statistics.time_zone == "Asia/Tokyo"
        assert statistics.days == [
            Day(TODAY - timedelta(days=2), 3, 700),
            Day(TODAY - timedelta(days=1), 0, 0),
            Day(TODAY, 1, 700),
        ]
        assert statistics.pending == 7

    async def test_today_begins_at_midnight_of_the_shop(
        self, services: Services, counted: None, clock: FakeClock
    ) -> None:
        # Given: a minute before midnight in Tokyo, nine hours ahead of UTC.
        clock.now = datetime(2026, 5, 4, 14, 59, tzinfo=UTC)
        assert (await services.statistics.get(1)).days[0].day == date(2026, 5, 4)
        # When
        clock.advance(minutes=1)
        # Then
        assert (await services.statistics.get(1)).days[0].day == date(2026, 5, 5)

    async def test_best_sellers_have_their_current_names(
        self, services: Services, counted: None, database: Database
    ) -> None:
        # Given: a product was renamed, and another is unknown.
        await services.projection.apply_states([state(1, name="new name")])
        # When / Then
        assert (await services.statistics.get(3)).best_sellers == [
            BestSeller(an_id(2), "old name 2", 5, 500),
            BestSeller(an_id(1), "new name", 4, 400),
        ]
        assert (await services.statistics.get(1)).best_sellers == [
            BestSeller(an_id(2), "old name 2", 5, 500),
            BestSeller(an_id(1), "new name", 3, 300),
        ]

    async def test_lists_products_with_low_stock(self, services: Services) -> None:
        # Given
        await services.projection.apply_states(
            [state(1, quantity=4), state(2, quantity=5), state(3, quantity=0, archived=True)]
        )
        # When / Then
        low_stock = (await services.statistics.get(1)).low_stock
        assert [product.id for product in low_stock] == [an_id(1)]

    async def test_is_empty_until_orders_are_counted(self, services: Services) -> None:
        # When
        statistics = await services.statistics.get(2)
        # Then
        assert statistics.time_zone == "UTC"
        assert statistics.days == [Day(TODAY - timedelta(days=1), 0, 0), Day(TODAY, 0, 0)]
        assert (statistics.best_sellers, statistics.pending) == ([], 0)
