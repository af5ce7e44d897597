"""Random orders, restocks, cancellations and redeliveries in any order keep the books right.

The services run on real databases; the broker is a list of all events ever stored, from which the
machine delivers any, any number of times. That is harder on the services than Kafka is.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from orders.consumers.products import products_table
from orders.consumers.status import status_table
from orders.dependencies import build as build_orders
from orders.errors import InsufficientStockError, NotCancellableError
from orders.migrations import MIGRATIONS as ORDERS_MIGRATIONS
from orders.models.placement import RequestedLine, RequestedOrder
from orders.settings import OrdersSettings
from products.consumers.orders import orders_table
from products.dependencies import build as build_products
from products.errors import InsufficientStockError as NotSoManyError
from products.migrations import migrations_for
from products.models.change import Change, NewProduct
from products.repositories.name_order import DEFAULT_LANGUAGE
from products.services.editing import EditRequest
from products.settings import ProductsSettings
from shopkit.contract.events import EVENTS
from shopkit.messaging.envelope import decode, headers, type_name
from shopkit.messaging.outbox import Outbox
from shopkit.settings import Environment, MailSwitch
from shopkit.storage import migrations
from shopkit.storage.mongo import DATABASE, Database, connect
from shopkit.storage.unit_of_work import Message, MongoTransactions
from shopkit.testing.deliveries import an_id
from shopkit.testing.proofs import GATEWAY_KEY, ORDERS_KEY, identity_of
from stack import Stack

T = TypeVar("T")

TYPES = {type_name(event_type): event_type for event_type in EVENTS}
PRODUCTS = (1, 2)
INITIAL = 4
CALLER = identity_of("aaa@aaa.com")


class World:
    """Both services on their databases, run by an event loop for the synchronous state machine."""

    def __init__(
        self, products_settings: ProductsSettings, orders_settings: OrdersSettings
    ) -> None:
        self._loop = asyncio.new_event_loop()
        self.products_client = connect(products_settings, "tests")
        self.orders_client = connect(orders_settings, "tests")
        self.products_db = self.products_client[DATABASE]
        self.orders_db = self.orders_client[DATABASE]
        self.messages: list[Message] = []
        self.products = build_products(
            self.products_db,
            MongoTransactions(self.products_client, Outbox(self.products_db), self._sent),
        )
        self.orders = build_orders(
            self.orders_db,
            MongoTransactions(self.orders_client, Outbox(self.orders_db), self._sent),
        )
        self.tables = {
            **orders_table(self.products.decisions),
            **status_table(self.orders.orders),
            **products_table(self.orders.projection),
        }
        self.wait(migrations.apply(self.products_db, migrations_for(DEFAULT_LANGUAGE)))
        self.wait(migrations.apply(self.orders_db, ORDERS_MIGRATIONS))

    def wait(self, work: Awaitable[T]) -> T:
        return self._loop.run_until_complete(work)

    def _sent(self, rows: Any) -> None:
        self.messages += [row.message for row in rows]

    def rows(self, database: Database, name: str) -> list[dict[str, Any]]:
        return self.wait(database[name].find().to_list())

    def empty(self) -> None:
        self.messages.clear()
        for database in (self.products_db, self.orders_db):
            for name in ("products", "orders", "outbox", "idempotency_keys", "dead_letters"):
                self.wait(database[name].delete_many({}))

    def close(self) -> None:
        self.wait(self.products_client.close())
        self.wait(self.orders_client.close())
        self._loop.close()


class Books(RuleBasedStateMachine):
    """The shop as it is used, with every delivery that a broker may make, and many it may not."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.empty()
        self.by_hand = dict.fromkeys(PRODUCTS, 0)
        self.orders: list[str] = []
        self.cancelled: set[str] = set()
        self.known: dict[ObjectId, int] = {}

    @initialize()
    def products(self) -> None:
        for number in PRODUCTS:
            new = NewProduct(f"product {number}", "", 100, INITIAL, (), an_id(number))
            self.world.wait(self.world.products.editing.create(new, actor="tests"))
        self._deliver(list(self.world.messages))

    @rule(
        quantities=st.dictionaries(
            st.sampled_from(PRODUCTS), st.integers(1, 4), min_size=1, max_size=2
        )
    )
    def place_one(self, quantities: dict[int, int]) -> None:
        self._place(quantities)

    def _place(self, quantities: dict[int, int]) -> None:
        lines = tuple(RequestedLine(count, an_id(number)) for number, count in quantities.items())
        try:
            placed = self.world.wait(self.world.orders.intake.place(RequestedOrder(CALLER, lines)))
        except InsufficientStockError:
            return
        self.orders.append(placed.order.id)

    @rule(number=st.sampled_from(PRODUCTS))
    def sell_out_twice(self, number: int) -> None:
        """Take two orders for all of a product before anyone has decided the first."""
        for _ in range(2):
            self._place({number: INITIAL})

    @rule(number=st.sampled_from(PRODUCTS), delta=st.integers(-3, 3).filter(bool))
    def restock(self, number: int, delta: int) -> None:
        try:
            self.world.wait(
                self.world.products.editing.change(
                    an_id(number), Change(quantity_delta=delta), EditRequest("tests")
                )
            )
        except NotSoManyError:
            return
        self.by_hand[number] += delta

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        if not self.orders:
            return
        order_id = data.draw(st.sampled_from(self.orders))
        try:
            self.world.wait(self.world.orders.orders.cancel(order_id, CALLER))
        except NotCancellableError:
            return
        self.cancelled.add(order_id)

    @rule(data=st.data())
    def deliver_some(self, data: st.DataObject) -> None:
        """Deliver any events, in any order, new or old, some of them twice."""
        chosen = data.draw(st.lists(st.sampled_from(self.world.messages), min_size=1, max_size=6))
        self._deliver(chosen)

    def _deliver(self, messages: list[Message]) -> None:
        for message in messages:
            delivery = decode(TYPES, headers(message), message.value)
            self.world.wait(self.world.tables[type(delivery.event)].apply([delivery]))

    @invariant()
    def stock_is_conserved_and_never_negative(self) -> None:
        sold = dict.fromkeys(PRODUCTS, 0)
        for stub in self.world.rows(self.world.products_db, "orders"):
            if stub["status"] == "ACCEPTED":
                for line in stub["lines"]:
                    sold[int(str(line["product_id"]), 16)] += line["quantity"]
        for row in self.world.rows(self.world.products_db, "products"):
            number = int(str(row["_id"]), 16)
            assert row["quantity"] >= 0
            assert row["quantity"] + sold[number] - self.by_hand[number] == INITIAL

    @invariant()
    def what_is_known_of_a_product_only_grows_newer(self) -> None:
        for row in self.world.rows(self.world.orders_db, "products"):
            assert row["version"] >= self.known.get(row["_id"], 0)
            self.known[row["_id"]] = row["version"]

    def teardown(self) -> None:
        if not self.world.messages:
            return
        # All events arrive in the end, the newest first. Their handlers may publish more.
        arrived: set[str] = set()
        while pending := [event for event in _once(self.world.messages) if event.id not in arrived]:
            self._deliver(pending[::-1])
            arrived |= {event.id for event in pending}
        self._check_settled()

    def _check_settled(self) -> None:
        stubs = {
            row["_id"]: row["status"] for row in self.world.rows(self.world.products_db, "orders")
        }
        orders = {row["_id"]: row for row in self.world.rows(self.world.orders_db, "orders")}
        assert {str(key) for key in orders} == set(self.orders)
        assert {key: row["status"] for key, row in orders.items()} == stubs
        assert "PENDING" not in stubs.values()
        assert {
            str(key) for key, status in stubs.items() if status == "CANCELLED"
        } == self.cancelled
        assert all(orders[ObjectId(key)]["cancel_confirmed"] for key in self.cancelled)
        here = {row["_id"]: row for row in self.world.rows(self.world.orders_db, "products")}
        for row in self.world.rows(self.world.products_db, "products"):
            known = here.pop(row["_id"])
            assert known["quantity"] == row["quantity"]
            assert known["version"] == row["details_version"] + row["stock_version"]
        assert not here
        assert self.world.rows(self.world.orders_db, "dead_letters") == []
        values = {message.id: message.value for message in self.world.messages}
        assert all(values[message.id] == message.value for message in self.world.messages)


def _once(messages: list[Message]) -> list[Message]:
    return list({message.id: message for message in messages}.values())


@pytest.fixture
def world(servers: Stack) -> Any:
    def told(service: str) -> dict[str, Any]:
        environment = servers.environment(service)
        return {
            "environment": Environment.DEVELOPMENT,
            # As the user of the migrations, because this test migrates the databases.
            "mongo_url": servers.database_url(service),
            "kafka_bootstrap_servers": environment["KAFKA_BOOTSTRAP_SERVERS"],
            "gateway_keys": GATEWAY_KEY.public,
        }

    world = World(
        ProductsSettings(**told("products"), orders_keys=ORDERS_KEY.public),
        OrdersSettings(
            **told("orders"),
            mail=MailSwitch.OFF,
            authentication_url="http://127.0.0.1:1",
            products_url="http://127.0.0.1:1",
            proof_key=ORDERS_KEY.private,
        ),
    )
    yield world
    world.close()


@pytest.mark.timeout(900)  # A failure is shrunk before it is shown.
def test_stock_and_orders_stay_consistent(world: World) -> None:
    Books.world = world
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=50,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            print_blob=True,
        ),
    )
