"""orders-ms with a database in memory and a fake clock."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import httpx2
import pytest

from orders.dependencies import Services, build
from orders.main import create_app
from orders.migrations import MIGRATIONS
from orders.models.comparison import IdRange
from orders.models.order import Order
from orders.models.payment import BankAccount, PaymentTerms
from orders.models.placement import RequestedLine, RequestedOrder
from orders.repositories.stripe import Stripe
from orders.settings import OrdersSettings
from shopkit.contract.events import OrderStatus, ProductState
from shopkit.contract.internal import (
    PAGE,
    DecidedOrder,
    RangeDigest,
    digest_orders,
    digest_products,
)
from shopkit.messaging.outbox import Outbox
from shopkit.settings import Environment
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.apps import client_of, mock_database
from shopkit.testing.databases import BACKENDS, open_database
from shopkit.testing.deliveries import NOON, an_id
from shopkit.testing.proofs import GATEWAY_KEY, ORDERS_KEY, identity_of
from shopkit.testing.sandboxes import KEY, RunningSandbox, run_sandbox
from stack import Stack

SHOPPER = "aaa@aaa.com"

Know = Callable[..., Awaitable[None]]
Place = Callable[..., Awaitable[Order]]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def database() -> Database:
    return mock_database()


@pytest.fixture(params=BACKENDS)
async def any_database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A database in memory, and a real one."""

    def mongo_url() -> str:
        servers: Stack = request.getfixturevalue("servers")
        return servers.database_url("orders")

    async with open_database(request.param, mongo_url, MIGRATIONS) as database:
        yield database


@pytest.fixture
async def real_database(servers: Stack) -> AsyncIterator[Database]:
    """A real database, for tests of what mongomock lacks. They have the mark `mongod`."""
    mongo_url = servers.database_url("orders")
    async with open_database("mongod", lambda: mongo_url, MIGRATIONS) as database:
        yield database


@pytest.fixture
def transactions(database: Database, clock: FakeClock) -> FakeTransactions:
    return FakeTransactions(Outbox(database, clock))


@pytest.fixture
def services(
    database: Database, transactions: FakeTransactions, clock: FakeClock, terms: PaymentTerms
) -> Services:
    return build(database, transactions, clock, terms=terms)


@pytest.fixture
def terms() -> PaymentTerms:
    """What a shop with a bank account offers."""
    account = BankAccount("DE02120300000000202051", "Kiosk Ltd", "BYLADEM1001")
    return PaymentTerms(bank_account=account)


@pytest.fixture
def settings() -> OrdersSettings:
    return OrdersSettings(
        environment=Environment.DEVELOPMENT,
        mongo_url="mongodb://127.0.0.1:1",
        kafka_bootstrap_servers="127.0.0.1:1",
        authentication_url="http://127.0.0.1:1",
        products_url="http://127.0.0.1:1",
        gateway_keys=GATEWAY_KEY.public,
        proof_key=ORDERS_KEY.private,
        mail="off",
    )


@pytest.fixture
def know(services: Services) -> Know:
    """Puts products into the projection as their events would."""

    async def know(*states: ProductState) -> None:
        await services.projection.apply_states(states)

    return know


@pytest.fixture
def place(services: Services, transactions: FakeTransactions) -> Place:
    """Takes an order of so many of each product; its event is not remembered."""

    async def place(
        quantities: Mapping[int, int], email: str = SHOPPER, key: str | None = None
    ) -> Order:
        lines = tuple(
            RequestedLine(quantity=count, product_id=an_id(number))
            for number, count in quantities.items()
        )
        order = (await services.intake.place(RequestedOrder(identity_of(email), lines, key))).order
        transactions.published.clear()
        return order

    return place


@pytest.fixture
async def client(services: Services, settings: OrdersSettings) -> AsyncIterator[httpx2.AsyncClient]:
    @asynccontextmanager
    async def run(_settings: OrdersSettings) -> AsyncIterator[Services]:
        yield services

    async with client_of(create_app(settings, run)) as client:
        yield client


class FakeProducts:
    """Stands in for products-ms and records what was requested."""

    def __init__(self) -> None:
        self.states: dict[str, ProductState] = {}
        self.decided: dict[str, DecidedOrder] = {}
        self.resent: list[dict[str, int]] = []
        self.cancelled: list[list[str]] = []
        self.read_in_detail: list[tuple[str, IdRange]] = []
        self.on_resend: Callable[[Mapping[str, int]], None] = lambda _known: None
        self.refusal: Exception | None = None

    def has(self, *states: ProductState) -> None:
        self.states |= {state.id: state for state in states}

    def decides(self, order_id: str, status: str, age_seconds: float = 1_000.0) -> None:
        self.decided[order_id] = DecidedOrder(
            id=order_id, status=OrderStatus(status), age_seconds=age_seconds
        )

    async def check_databases(self) -> None:
        if self.refusal:
            raise self.refusal

    async def products(self, ids: IdRange) -> list[ProductState]:
        self.read_in_detail.append(("products", ids))
        return [self.states[id_] for id_ in _first(self.states, ids)]

    async def digest_products(self, ids: IdRange) -> RangeDigest:
        found = _first(self.states, ids)
        digest = digest_products(self.states[id_] for id_ in found)
        return RangeDigest(count=len(found), last=found[-1] if found else None, digest=digest)

    async def decisions(self, ids: IdRange) -> list[DecidedOrder]:
        self.read_in_detail.append(("orders", ids))
        return [self.decided[id_] for id_ in _first(self.decided, ids)]

    async def digest_decisions(self, ids: IdRange) -> RangeDigest:
        found = _first(self.decided, ids)
        digest = digest_orders((id_, self.decided[id_].status) for id_ in found)
        return RangeDigest(count=len(found), last=found[-1] if found else None, digest=digest)

    async def resend(self, known: Mapping[str, int]) -> list[str]:
        if known:
            self.resent.append(dict(known))
            self.on_resend(known)
        return [id_ for id_ in known if id_ not in self.states]

    async def cancel(self, order_ids: Sequence[str]) -> None:
        self.cancelled.append(list(order_ids))


def _first(entries: Mapping[str, object], ids: IdRange) -> list[str]:
    after, until = ids.after or "", ids.until or "f" * 25
    return sorted(id_ for id_ in entries if after < id_ <= until)[:PAGE]


class Pause:
    """Records pauses. Something may happen meanwhile."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if self.meanwhile:
            await self.meanwhile()


@pytest.fixture
def products() -> FakeProducts:
    return FakeProducts()


@pytest.fixture
def pause() -> Pause:
    return Pause()


@pytest.fixture
async def sandbox(clock: FakeClock) -> AsyncIterator[RunningSandbox]:
    async with run_sandbox(clock) as sandbox:
        yield sandbox


@pytest.fixture
async def stripe(sandbox: RunningSandbox) -> AsyncIterator[Stripe]:
    stripe = Stripe(KEY, ["whsec_old", "whsec_new"], sandbox.url)
    yield stripe
    await stripe.close()
