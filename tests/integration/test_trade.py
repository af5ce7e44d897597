"""Numbers, payments, shipments and deadlines on a real mongod, with several admins at once."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import DuplicateKeyError
from tests.integration.query_plan_data import order as an_order
from tests.integration.shop import requested, transactions

from orders.dependencies import Services, build
from orders.errors import NotCancellableError, OrderStateError, RefundTooLargeError
from orders.migrations import MIGRATIONS
from orders.models.fulfilment import FulfilmentState, Parcel
from orders.models.order import Order
from orders.models.payment import PaymentState, ReceiptMethod
from orders.repositories.orders import OrderRepository
from orders.services.desk import DeskRequest, ReceivedPayment
from orders.services.intake import IntakeService
from shopkit.contract.events import OrderStatus, OrderStatusUpdate
from shopkit.identity import Role
from shopkit.storage.mongo import Database, GuardMissedError
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import NOON, delivery, state
from shopkit.testing.proofs import identity_of

OWNER = identity_of("aaa@aaa.com")
ADMINS = [identity_of(f"admin{number}@aaa.com", Role.ADMIN) for number in range(4)]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def replicas(orders_db: Database, clock: FakeClock) -> list[Services]:
    return [build(orders_db, transactions(orders_db), clock) for _ in range(2)]


@pytest.fixture
def services(replicas: list[Services]) -> Services:
    return replicas[0]


@pytest.fixture
async def order(services: Services) -> Order:
    """An accepted order of two at 1.00."""
    await services.projection.apply_states([state(1, quantity=1_000)])
    return await accepted_order(services)


async def accepted_order(services: Services) -> Order:
    order = (await services.intake.place(requested({1: 2}, None, OWNER.email))).order
    outcome = {"order_id": order.id, "status": OrderStatus.ACCEPTED}
    await services.orders.settle([delivery(OrderStatusUpdate.model_validate(outcome))])
    return await services.desk.get(order.id)


def request(order: Order, admin: int = 0, key: str | None = None) -> DeskRequest:
    return DeskRequest(order.id, ADMINS[admin], key, "fingerprint")


def cash(cents: int) -> ReceivedPayment:
    return ReceivedPayment(cents, ReceiptMethod.CASH, "")


async def at_once(*changes: Awaitable[Any]) -> list[Any]:
    return await asyncio.gather(*changes, return_exceptions=True)


class TestSeveralAdmins:
    async def test_refunds_never_exceed_what_was_paid(
        self, replicas: list[Services], order: Order
    ) -> None:
        # Given
        await replicas[0].desk.record_payment(request(order), cash(200))
        # When
        results = await at_once(
            *(
                replicas[number % 2].desk.request_refund(request(order, number), 150, "Scratched")
                for number in range(4)
            )
        )
        # Then
        refused = [result for result in results if isinstance(result, RefundTooLargeError)]
        assert len(refused) == 3
        after = await replicas[0].desk.get(order.id)
        assert after.payment.refund_requested_cents == 150
        assert [entry.action for entry in after.timeline] == ["payment", "refund"]

    async def test_no_change_is_lost(self, replicas: list[Services], order: Order) -> None:
        await at_once(
            *(
                replicas[number % 2].desk.add_note(
                    request(order, number), f"{number}", resolve=False
                )
                for number in range(4)
            )
        )
        after = await replicas[0].desk.get(order.id)
        assert sorted(entry.detail for entry in after.timeline) == ["0", "1", "2", "3"]
        assert after.version == order.version + 4

    async def test_an_order_is_either_collected_or_cancelled(
        self, replicas: list[Services], order: Order
    ) -> None:
        # Given
        await replicas[0].desk.record_payment(request(order), cash(200))
        # When
        collected, cancelled = await at_once(
            replicas[0].desk.collect(request(order), None),
            replicas[1].orders.cancel(order.id, OWNER),
        )
        # Then
        after = await replicas[0].desk.get(order.id)
        if after.status is OrderStatus.CANCELLED:
            assert isinstance(collected, OrderStateError)
            assert after.fulfilment.state is FulfilmentState.OPEN
            assert after.payment.refund_requested_cents == 200
        else:
            assert isinstance(cancelled, NotCancellableError)
            assert after.fulfilment.state is FulfilmentState.COLLECTED
            assert after.payment.refund_requested_cents == 0

    async def test_a_key_records_a_payment_once(
        self, replicas: list[Services], order: Order
    ) -> None:
        results = await at_once(
            *(
                replicas[number % 2].desk.record_payment(request(order, 0, "k"), cash(50))
                for number in range(4)
            )
        )
        assert sorted(result.replayed for result in results) == [False, True, True, True]
        assert (await replicas[0].desk.get(order.id)).payment.captured_cents == 50


async def test_a_paid_order_and_its_refund_are_cancelled_in_one_transaction(
    services: Services, order: Order, orders_db: Database
) -> None:
    # Given
    await services.desk.record_payment(request(order), cash(200))
    # When
    await services.orders.cancel(order.id, OWNER)
    # Then
    stored = await orders_db["orders"].find_one({"_id": ObjectId(order.id)})
    assert stored is not None
    assert (stored["status"], stored["desk"]) == ("CANCELLED", ["to-refund"])
    assert [refund["amount_cents"] for refund in stored["payment"]["refunds"]] == [200]
    assert await orders_db["outbox"].count_documents({"_id": f"OrderCancel/{order.id}"}) == 1


async def test_an_update_of_an_older_version_changes_nothing(
    services: Services, order: Order, orders_db: Database
) -> None:
    # Given
    await services.desk.add_note(request(order), "Hello", resolve=False)
    stored = await orders_db["orders"].find_one({"_id": ObjectId(order.id)})
    # When
    stale = replace(order, problem="lost", version=order.version + 1)
    with pytest.raises(GuardMissedError):
        await OrderRepository(orders_db).update([(order, stale)], session=None)
    # Then
    assert await orders_db["orders"].find_one({"_id": ObjectId(order.id)}) == stored


async def test_a_parcel_is_read_as_it_was_stored(
    services: Services, order: Order, orders_db: Database
) -> None:
    # Given
    await orders_db["orders"].update_one(
        {"_id": ObjectId(order.id)},
        {
            "$set": {
                "delivery": {
                    "method_id": "parcel",
                    "name": "Parcel",
                    "fee_cents": 0,
                    "days": 3,
                    "address": None,
                }
            }
        },
    )
    await services.desk.record_payment(request(order), cash(200))
    # When
    shipped = await services.desk.ship(request(order), Parcel((), "DHL", "1", "https://a"))
    # Then
    assert await services.desk.get(order.id) == shipped.order
    assert shipped.order.fulfilment.state is FulfilmentState.SHIPPED


class TestDeadlines:
    async def test_replicas_cancel_an_unpaid_order_once(
        self,
        replicas: list[Services],
        order: Order,
        clock: FakeClock,
        orders_db: Database,
    ) -> None:
        # Given
        clock.now = NOON + timedelta(days=14, seconds=30)
        # When
        await at_once(*(replica.deadlines.act() for replica in replicas * 2))
        # Then
        after = await replicas[0].desk.get(order.id)
        assert after.status is OrderStatus.CANCELLED
        assert [entry.action for entry in after.timeline] == ["expire"]
        assert after.payment.state is PaymentState.NONE
        assert await orders_db["outbox"].count_documents({"_id": f"OrderCancel/{order.id}"}) == 1

    async def test_paying_and_the_deadline_exclude_each_other(
        self, replicas: list[Services], order: Order, clock: FakeClock
    ) -> None:
        # Given
        clock.now = NOON + timedelta(days=14, seconds=30)
        # When
        await at_once(
            replicas[0].deadlines.act(),
            replicas[1].desk.record_payment(request(order), cash(200)),
        )
        # Then: either it is paid, or the money has to be paid back.
        after = await replicas[0].desk.get(order.id)
        assert after.payment.state is PaymentState.PAID
        expected = 200 if after.status is OrderStatus.CANCELLED else 0
        assert after.payment.refund_requested_cents == expected


class TestNumbers:
    async def test_a_taken_number_is_replaced_and_no_order_fails(
        self, services: Services, order: Order, orders_db: Database
    ) -> None:
        # Given: the batch draws the number of the order first, and then another one twice.
        numbers = iter([order.number, "AAAAAAAA", "BBBBBBBB", "CCCCCCCC"])
        intake: IntakeService = services.intake
        intake._number = lambda: next(numbers)
        # When
        first, second = await asyncio.gather(
            intake.place(requested({1: 1}, None, OWNER.email)),
            intake.place(requested({1: 1}, None, OWNER.email)),
        )
        # Then
        assert {first.order.number, second.order.number} == {"BBBBBBBB", "CCCCCCCC"}
        assert await orders_db["orders"].count_documents({}) == 3

    async def test_the_migration_numbers_old_orders_and_can_run_again(
        self, services: Services, orders_db: Database
    ) -> None:
        # Given: orders of an earlier release, more than the migration handles at once.
        old = [replace(an_order(number), number="") for number in range(450)]
        await OrderRepository(orders_db).insert(old, session=None)
        await orders_db["orders"].update_many({}, {"$unset": {"payment": ""}})
        migrate = next(step for step in MIGRATIONS if step.name == "0014-trade")
        # When
        await migrate.apply(orders_db)
        rows = await orders_db["orders"].find().sort("_id").to_list()
        await migrate.apply(orders_db)
        # Then
        assert len({row["number"] for row in rows}) == 450
        assert await orders_db["orders"].find().sort("_id").to_list() == rows
        accepted = [row for row in rows if row["status"] == "ACCEPTED"]
        assert not any("payment" in row or "desk" in row for row in accepted)
        assert await orders_db["mails"].count_documents({}) == 0
        await services.deadlines.act()
        found = await services.desk.get(str(accepted[0]["_id"]))
        assert (found.status, found.payment.state) == (OrderStatus.ACCEPTED, PaymentState.NONE)

    async def test_replicas_of_the_previous_release_can_still_store_orders(
        self, services: Services, orders_db: Database
    ) -> None:
        # Given
        orders = [replace(an_order(number), number="") for number in range(3)]
        await OrderRepository(orders_db).insert(orders, session=None)
        # When
        await services.orders.add_missing_numbers()
        # Then
        first, second, third = await orders_db["orders"].find().sort("_id").to_list()
        assert len({first["number"], second["number"], third["number"]}) == 3
        with pytest.raises(DuplicateKeyError):
            await orders_db["orders"].update_one(
                {"_id": first["_id"]}, {"$set": {"number": second["number"]}}
            )
