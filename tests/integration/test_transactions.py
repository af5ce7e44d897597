"""What a transaction promises, on a real mongod: all or nothing, and once."""

import asyncio

import pytest
from bson import ObjectId
from prometheus_client import REGISTRY
from pymongo.errors import BulkWriteError, OperationFailure
from tests.integration.shop import Place, Shop, find_one, requested

from orders.errors import InsufficientStockError
from orders.services.intake import PlacedOrder
from products.errors import NameTakenError
from shopkit.clock import utc_now
from shopkit.contract.events import OrderCancel
from shopkit.messaging.envelope import wrap
from shopkit.messaging.outbox import Outbox
from shopkit.security_events import SecurityEvent
from shopkit.storage.idempotency import KeyReusedError
from shopkit.storage.mongo import Database, GuardMissedError
from shopkit.storage.unit_of_work import Message, MongoTransactions, Publication, UnitOfWork
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id, decided, placed
from shopkit.testing.proofs import identity_of


def cancellation(number: int) -> Message:
    event = OrderCancel(order_id=an_id(number))
    return wrap(event, source="orders-ms", time=NOON, trace_context=TRACE_CONTEXT)


def count_retries() -> float:
    return REGISTRY.get_sample_value("transaction_retries_total") or 0.0


def count_role_changes() -> float:
    name, labels = "security_events_total", {"event": SecurityEvent.ROLE_CHANGED.value}
    return REGISTRY.get_sample_value(name, labels) or 0.0


class TestRun:
    async def test_rolls_back_if_the_work_fails(self, orders_db: Database) -> None:
        # Given
        async def work(unit: UnitOfWork) -> None:
            await orders_db["ticks"].insert_one(
                {"_id": "x", "next_at": utc_now()}, session=unit.session
            )
            raise RuntimeError("half-way")

        # When
        with pytest.raises(RuntimeError, match="half-way"):
            await MongoTransactions(orders_db.client).run(work)
        # Then
        assert await orders_db["ticks"].count_documents({}) == 0

    async def test_runs_again_after_a_write_conflict(self, orders_db: Database) -> None:
        # Given
        ticks = orders_db["ticks"]
        await ticks.insert_one({"_id": "x", "next_at": utc_now(), "n": 0})
        tries, reported, retried = 0, count_role_changes(), count_retries()

        async def work(unit: UnitOfWork) -> None:
            nonlocal tries
            tries += 1
            unit.report(SecurityEvent.ROLE_CHANGED, account_id=an_id(1))
            row = await ticks.find_one({"_id": "x"}, session=unit.session)
            if tries == 1:
                await ticks.update_one({"_id": "x"}, {"$set": {"n": 10}})
            assert row is not None
            await ticks.update_one(
                {"_id": "x"}, {"$set": {"n": row["n"] + 1}}, session=unit.session
            )

        # When
        await MongoTransactions(orders_db.client).run(work)
        # Then
        row = await ticks.find_one({"_id": "x"})
        assert (tries, row and row["n"]) == (2, 11)
        assert count_role_changes() == reported + 1
        assert count_retries() == retried + 1

    @pytest.mark.parametrize("many", [False, True])
    async def test_runs_again_with_a_fresh_read_after_a_duplicate_key(
        self, orders_db: Database, many: bool
    ) -> None:
        # Given
        ticks = orders_db["ticks"]
        await ticks.insert_one({"_id": "x", "next_at": utc_now()})
        tries = 0

        async def work(unit: UnitOfWork) -> str:
            nonlocal tries
            tries += 1
            if tries > 1 and await ticks.find_one({"_id": "x"}, session=unit.session):
                return "there"
            document = {"_id": "x", "next_at": utc_now()}
            if many:
                await ticks.insert_many([document], session=unit.session)
            else:
                await ticks.insert_one(document, session=unit.session)
            return "inserted"

        # When / Then
        assert await MongoTransactions(orders_db.client).run(work) == "there"
        assert tries == 2

    async def test_gives_up_on_a_permanent_duplicate_key(self, orders_db: Database) -> None:
        # Given
        await orders_db["ticks"].insert_one({"_id": "x", "next_at": utc_now()})

        async def work(unit: UnitOfWork) -> None:
            await orders_db["ticks"].insert_many(
                [{"_id": "x", "next_at": utc_now()}], session=unit.session
            )

        # When / Then
        with pytest.raises(BulkWriteError):
            await MongoTransactions(orders_db.client).run(work)

    async def test_ends_within_its_time_limit(self, orders_db: Database) -> None:
        # Given: a document that another transaction holds.
        ticks = orders_db["ticks"]
        await ticks.insert_one({"_id": "x", "next_at": utc_now()})

        async def work(unit: UnitOfWork) -> None:
            await ticks.update_one({"_id": "x"}, {"$set": {"n": 1}}, session=unit.session)

        async with (
            orders_db.client.start_session() as other,
            await other.start_transaction(),
        ):
            await ticks.update_one({"_id": "x"}, {"$set": {"n": 2}}, session=other)
            # When / Then
            with pytest.raises(OperationFailure):
                await MongoTransactions(orders_db.client).run(work, seconds=0.5)
        row = await ticks.find_one({"_id": "x"})
        assert row
        assert row["n"] == 2

    async def test_refuses_a_document_that_violates_the_schema(self, orders_db: Database) -> None:
        with pytest.raises(OperationFailure, match="Document failed validation"):
            await orders_db["orders"].insert_one({"status": "PERHAPS"})


class TestPublish:
    @pytest.fixture
    def handed_over(self) -> list[Publication]:
        """The messages that were handed to the relay."""
        return []

    @pytest.fixture
    def transactions(
        self, orders_db: Database, handed_over: list[Publication]
    ) -> MongoTransactions:
        return MongoTransactions(orders_db.client, Outbox(orders_db), handed_over.extend)

    async def test_hands_messages_over_only_after_the_commit(
        self,
        orders_db: Database,
        transactions: MongoTransactions,
        handed_over: list[Publication],
    ) -> None:
        # Given
        message = cancellation(1)
        seen: list[tuple[int, int]] = []

        async def work(unit: UnitOfWork) -> str:
            unit.publish(message)
            seen.append((len(handed_over), await orders_db["outbox"].count_documents({})))
            return "done"

        # When
        result = await transactions.run(work)
        # Then
        assert (result, seen) == ("done", [(0, 0)])
        assert handed_over == [Publication(message)]
        row = await find_one(orders_db["outbox"])
        assert (row["_id"], row["unsent"]) == (message.id, True)

    async def test_publishes_once_if_the_work_runs_again(
        self,
        orders_db: Database,
        transactions: MongoTransactions,
        handed_over: list[Publication],
    ) -> None:
        # Given
        attempts = 0

        async def work(unit: UnitOfWork) -> None:
            nonlocal attempts
            attempts += 1
            unit.publish(cancellation(attempts))
            if attempts == 1:
                raise GuardMissedError

        # When
        await transactions.run(work)
        # Then
        assert handed_over == [Publication(cancellation(2))]
        assert await orders_db["outbox"].distinct("_id") == [cancellation(2).id]

    async def test_publishes_nothing_if_the_work_fails(
        self,
        orders_db: Database,
        transactions: MongoTransactions,
        handed_over: list[Publication],
    ) -> None:
        # Given
        async def work(unit: UnitOfWork) -> None:
            unit.publish(cancellation(1))
            raise RuntimeError("half-way")

        # When
        with pytest.raises(RuntimeError, match="half-way"):
            await transactions.run(work)
        # Then
        assert handed_over == []
        assert await orders_db["outbox"].count_documents({}) == 0


class TestIntake:
    async def test_stores_order_key_and_event_together(self, shop: Shop, place: Place) -> None:
        # Given
        await shop.know(await shop.add(1, 5))
        # When
        order = await place({1: 2}, key="k")
        # Then
        stored = await find_one(shop.orders_db["orders"], _id=ObjectId(order.id))
        row = await find_one(shop.orders_db["outbox"])
        key = await find_one(shop.orders_db["idempotency_keys"])
        assert (stored["status"], stored["cost_cents"]) == ("PENDING", 200)
        assert (row["_id"], row["unsent"]) == (f"OrderCreate/{order.id}", True)
        assert str(key["result"]) == order.id

    async def test_stores_nothing_if_the_event_cannot_be_stored(
        self, shop: Shop, place: Place
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 5))
        await shop.orders_db.command("collMod", "outbox", validator={"impossible": True})
        try:
            # When
            with pytest.raises(BulkWriteError):
                await place({1: 2}, key="k")
        finally:
            await shop.orders_db.command("collMod", "outbox", validator={})
        # Then
        for name in ("orders", "idempotency_keys", "outbox"):
            assert await shop.orders_db[name].count_documents({}) == 0, name

    async def test_50_requests_with_one_key_on_two_replicas_make_one_order(
        self, shop: Shop
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 500))
        replicas = [shop.orders.intake, shop.another_orders().intake]
        # When
        results: list[PlacedOrder] = await asyncio.gather(
            *(replicas[n % 2].place(requested({1: 2}, "k")) for n in range(50))
        )
        # Then
        assert len({result.order for result in results}) == 1
        assert [result.replayed for result in results].count(False) == 1
        assert await shop.orders_db["orders"].count_documents({}) == 1
        assert await shop.orders_db["outbox"].count_documents({}) == 1

    async def test_a_replay_returns_the_order_as_placed_whatever_happened_since(
        self, shop: Shop
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 5))
        first = await shop.orders.intake.place(requested({1: 5}, "k"))
        delivery = decided(1, "ACCEPTED")
        event = delivery.event.model_copy(update={"order_id": first.order.id})
        await shop.orders.orders.settle(
            [type(delivery)(event, delivery.trace_context, delivery.time)]
        )
        await shop.orders_db["products"].update_many({}, {"$set": {"quantity": 0}})
        # When
        again = await shop.orders.intake.place(requested({1: 5}, "k"))
        # Then
        assert again == PlacedOrder(first.order, replayed=True)

    async def test_a_key_belongs_to_its_caller_and_to_one_order(self, shop: Shop) -> None:
        # Given
        await shop.know(await shop.add(1, 50))
        first = await shop.orders.intake.place(requested({1: 2}, "k"))
        # When
        other = await shop.orders.intake.place(requested({1: 2}, "k", "bbb@bbb.com"))
        with pytest.raises(KeyReusedError):
            await shop.orders.intake.place(requested({1: 3}, "k"))
        # Then
        assert other.order.id != first.order.id
        assert await shop.orders_db["orders"].count_documents({}) == 2

    async def test_a_refused_order_does_not_affect_the_others_in_its_batch(
        self, shop: Shop
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 5))
        # When
        results = await asyncio.gather(
            *(shop.orders.intake.place(requested({1: count})) for count in (1, 6, 2)),
            return_exceptions=True,
        )
        # Then
        assert [type(result) for result in results] == [
            PlacedOrder,
            InsufficientStockError,
            PlacedOrder,
        ]
        assert await shop.orders_db["orders"].count_documents({}) == 2

    async def test_a_refused_order_can_be_retried_with_its_key(self, shop: Shop) -> None:
        # Given
        await shop.know(await shop.add(1, 1))
        with pytest.raises(InsufficientStockError):
            await shop.orders.intake.place(requested({1: 2}, "k"))
        # When
        await shop.orders_db["products"].update_many({}, {"$set": {"quantity": 2}})
        result = await shop.orders.intake.place(requested({1: 2}, "k"))
        # Then
        assert result.replayed is False


class TestDecisions:
    async def test_two_replicas_that_decide_one_order_take_its_stock_once(self, shop: Shop) -> None:
        # Given
        await shop.add(1, 10)
        other = shop.another_products()
        # When
        await asyncio.gather(
            *(
                consumer.decisions.decide([placed(9, {1: 3})])
                for consumer in (shop.products, other) * 5
            )
        )
        # Then
        assert await shop.stock() == {"product 1": 7}
        assert await shop.products_db["outbox"].count_documents({"topic": "shop.order-status"}) == 1

    async def test_takes_nothing_if_the_answer_cannot_be_stored(self, shop: Shop) -> None:
        # Given
        await shop.add(1, 10)
        await shop.products_db.command("collMod", "outbox", validator={"impossible": True})
        try:
            # When
            with pytest.raises(BulkWriteError):
                await shop.products.decisions.decide([placed(9, {1: 3})])
        finally:
            await shop.products_db.command("collMod", "outbox", validator={})
        # Then
        assert await shop.stock() == {"product 1": 10}
        assert await shop.decisions() == {}

    async def test_restocking_during_sales_loses_nothing(self, shop: Shop) -> None:
        # Given
        await shop.add(1, 100)
        # When
        await asyncio.gather(
            *(
                shop.products.decisions.decide([placed(number, {1: 1})])
                for number in range(100, 120)
            ),
            *(shop.restock(1, 2) for _ in range(20)),
        )
        # Then
        assert await shop.stock() == {"product 1": 120}
        product = await shop.products.catalogue.get(an_id(1))
        assert product.version == 2 + 40


class TestCatalogue:
    async def test_refuses_one_of_two_products_with_the_same_name(self, shop: Shop) -> None:
        # When
        results = await asyncio.gather(
            shop.add(1, 5), shop.add_named(2, "product 1"), return_exceptions=True
        )
        # Then
        assert sorted(type(result).__name__ for result in results) == ["NameTakenError", "Product"]
        assert isinstance(next(r for r in results if isinstance(r, Exception)), NameTakenError)
        assert await shop.products_db["products"].count_documents({}) == 1
        assert await shop.products_db["outbox"].count_documents({}) == 1


class TestCancel:
    async def test_publishes_one_of_many_concurrent_cancellations(
        self, shop: Shop, place: Place
    ) -> None:
        # Given
        await shop.know(await shop.add(1, 5))
        order = await place({1: 1})
        caller = identity_of(order.email)
        # When
        results = await asyncio.gather(
            *(shop.orders.orders.cancel(order.id, caller) for _ in range(10)),
            return_exceptions=True,
        )
        # Then
        refused = [result for result in results if isinstance(result, Exception)]
        assert len(refused) == 9
        assert {type(error).__name__ for error in refused} == {"NotCancellableError"}
        assert await shop.orders_db["outbox"].count_documents({"type": "OrderCancel"}) == 1
