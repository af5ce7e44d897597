"""A fault for each alert that can be injected on one machine, and the reasons for the others."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from bson import ObjectId
from tests.monitoring.shop import ADMIN, SHOPPER, Document, Shop

from shopkit.contract.events import ProductState, ProductUpdate
from shopkit.messaging.envelope import wrap
from shopkit.storage.unit_of_work import Message
from shopkit.testing.deliveries import TRACE_CONTEXT
from shopkit.testing.smtp import smtp_server

MORE_THAN_ALLOWED_UNSENT = 1_010
MORE_THAN_ALLOWED_DEAD_LETTERS = 105
MORE_THAN_ALLOWED_THROTTLED = 80
"""After the ten attempts that are refused."""
AN_HOUR = timedelta(hours=1)
MANY_EVENTS = 120_000
"""So many that it takes a while to apply them."""
SERVICE_ROLE = "service"

Fault = Callable[[Shop], AbstractContextManager[None]]


@contextmanager
def products_stopped(shop: Shop) -> Iterator[None]:
    """Stop a service."""
    shop.stack.stop("products")
    try:
        yield
    finally:
        shop.stack.start("products")


@contextmanager
def target_missing(shop: Shop) -> Iterator[None]:
    """Hide a service from Prometheus."""
    with shop.without_target("orders-ms:9000"):
        yield


@contextmanager
def database_stopped(shop: Shop) -> Iterator[None]:
    """Stop a database, while people use the service: their requests wait for it, and fail."""
    with shop.sign_in(SHOPPER) as shopper:
        shop.stack.stop("orders-db")
        try:
            with _repeated(lambda: shopper.get("/api/orders")):
                yield
        finally:
            shop.stack.start("orders-db")


@contextmanager
def many_events(shop: Shop) -> Iterator[None]:
    """Send so many events that a consumer needs a while to apply them."""
    product_id = shop.add_product()
    message = _message(product_id)
    shop.stack.stop("orders")
    shop.send([message] * MANY_EVENTS)
    shop.stack.start("orders")
    yield


@contextmanager
def broker_stopped(shop: Shop) -> Iterator[None]:
    """Stop the broker, while people order."""
    product_id = shop.add_product()
    # The services have used the broker before, so that they know that it is gone.
    shop.place_orders(product_id, 1)
    shop.wait_until_settled()
    shop.stack.stop("kafka")
    shop.place_orders(product_id, MORE_THAN_ALLOWED_UNSENT)
    try:
        yield
    finally:
        shop.stack.start("kafka")
        shop.wait_until_settled()


@contextmanager
def poison(shop: Shop) -> Iterator[None]:
    """Send more messages that cannot be decoded than a release may set aside."""
    broken = [
        replace(_message("a" * 24), id=f"broken/{number}", value=b"{%d" % number)
        for number in range(MORE_THAN_ALLOWED_DEAD_LETTERS)
    ]
    shop.send(broken)
    try:
        yield
    finally:
        shop.run_command("orders", "resume")


@contextmanager
def mails_refused(shop: Shop) -> Iterator[None]:
    """Replace the SMTP server by one that refuses every recipient."""
    shop.stack.stop("mail")
    refused = {"email": "refused@shop.example", "password": "a good password"}
    try:
        with _refusing_smtp_server(shop.stack.settings.ports["smtp"]):
            assert shop.visitor.post("/api/register", json=refused).status_code == 201
            yield
    finally:
        shop.stack.start("mail")
    with shop.sign_in(ADMIN) as admin:
        path = "/api/admin/mails/authentication"
        for mail in admin.get(path, params={"status": "parked"}).json()["mails"]:
            discarded = admin.post(f"{path}/{mail['id']}/discard", json={"reason": "a test"})
            assert discarded.status_code == 200, discarded.text


@contextmanager
def passwords_guessed(shop: Shop) -> Iterator[None]:
    """Guess a password until the guesses are refused without being checked."""
    guess = {"email": "bbb@bbb.com", "password": "a guess"}
    statuses = [
        shop.visitor.post("/api/login", json=guess).status_code
        for _ in range(MORE_THAN_ALLOWED_THROTTLED)
    ]
    assert set(statuses) == {401, 429}
    yield


@contextmanager
def refresh_token_reused(shop: Shop) -> Iterator[None]:
    """Use a refresh token twice."""
    account = {"email": SHOPPER, "password": SHOPPER}
    signed_in = shop.visitor.post("/api/login", json=account).json()
    token = {"refresh_token": signed_in["refresh_token"]}
    statuses = [shop.visitor.post("/api/refresh", json=token).status_code for _ in range(2)]
    assert statuses == [200, 401]
    yield


@contextmanager
def identity_forged(shop: Shop) -> Iterator[None]:
    """Call a service as an admin, without a proof of the gateway."""
    claims = {"X-User-Role": "admin", "X-User-Email": ADMIN, "X-User-Id": "a" * 24}
    port = shop.stack.settings.ports["orders"]
    answer = httpx2.get(f"http://127.0.0.1:{port}/api/admin/orders", headers=claims)
    assert answer.status_code == 401
    yield


@contextmanager
def right_taken_away(shop: Shop) -> Iterator[None]:
    """Take away the right to read the outbox, which is an error that no loop expects."""
    privilege = {"resource": {"db": "shop", "collection": "outbox"}, "actions": ["find"]}
    orders = shop.database("orders")
    orders.command("revokePrivilegesFromRole", SERVICE_ROLE, privileges=[privilege])
    try:
        yield
    finally:
        orders.command("grantPrivilegesToRole", SERVICE_ROLE, privileges=[privilege])


@contextmanager
def projection_changed(shop: Shop) -> Iterator[None]:
    """Delete products from the projection, again each time that they are repaired."""
    projection = shop.database("orders")["products"]
    with _repeated(lambda: projection.delete_one({"name": "cutlery"})):
        yield


@contextmanager
def other_database(shop: Shop) -> Iterator[None]:
    """Give products-db another identity, as another database would have."""
    identities = shop.database("products")["database_identity"]
    own = identities.find_one({"_id": "own"})
    assert own
    identities.update_one({"_id": "own"}, {"$set": {"identity": "another"}})
    try:
        yield
    finally:
        identities.replace_one({"_id": "own"}, own)


@contextmanager
def miscounted(shop: Shop) -> Iterator[None]:
    """Change a counter of the statistics."""
    shop.place_orders(shop.add_product(), 1)
    shop.wait_until_settled()
    days = shop.database("orders")["statistics_days"]
    day = _found(days.find_one(sort=[("_id", -1)]))
    days.update_one({"_id": day["_id"]}, {"$inc": {"revenue_cents": 1}})
    try:
        yield
    finally:
        days.update_one({"_id": day["_id"]}, {"$inc": {"revenue_cents": -1}})


@contextmanager
def order_lost(shop: Shop) -> Iterator[None]:
    """Delete a settled order, as a restored database would lack it."""
    [order_id] = shop.place_orders(shop.add_product(), 1)
    shop.wait_until_settled()
    orders = shop.database("orders")["orders"]
    lost = _found(orders.find_one({"_id": ObjectId(order_id)}))
    # A decision counts as one without an order only after ten minutes.
    decisions = shop.database("products")["orders"]
    decided = decisions.update_one(
        {"_id": lost["_id"]}, {"$set": {"settled_at": datetime.now(UTC) - AN_HOUR}}
    )
    assert decided.modified_count == 1
    orders.delete_one({"_id": lost["_id"]})
    try:
        yield
    finally:
        orders.insert_one(lost)


FAULTS: dict[Fault, tuple[str, ...]] = {
    products_stopped: ("ServiceDown",),
    target_missing: ("ServiceMissing",),
    database_stopped: ("ManyFailures", "Slow"),
    many_events: ("EventsWait",),
    broker_stopped: ("BrokerAway", "EventsNotSent", "OrdersStuck", "OutboxStuck"),
    poison: ("EventsParked", "ConsumerPaused"),
    mails_refused: ("MailsNotSent",),
    passwords_guessed: ("PasswordsGuessed",),
    refresh_token_reused: ("RefreshTokenReused",),
    identity_forged: ("IdentityForged",),
    right_taken_away: ("LoopDied",),
    projection_changed: ("DatabasesDiffer",),
    other_database: ("OtherDatabase",),
    miscounted: ("StatisticsDiffer",),
    order_lost: ("OrdersMissing",),
}
"""The faults, and the alerts that each makes fire."""

NOT_INJECTED = {
    "CardDisputed": "the stack runs in production mode, without the sandbox of Stripe",
    "CardPaymentUndecided": "it takes a day",
    "CardPaymentsParked": "the stack runs in production mode, without the sandbox of Stripe",
    "PaymentProviderDown": "the stack runs in production mode, without the sandbox of Stripe",
    "VolumeFull": "kubelet measures volumes, and there is none on one machine",
    "BackupOld": "backups run as CronJobs of Kubernetes",
    "BackupMissing": "backups run as CronJobs of Kubernetes",
    "BackupSmall": "backups run as CronJobs of Kubernetes",
}
"""The alerts whose fault cannot happen on one machine, and why. promtool tests their rules."""


@contextmanager
def _repeated(act: Callable[[], Any]) -> Iterator[None]:
    """Repeat an act in the background."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(0.1):
            act()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def _refusing_smtp_server(port: int) -> Iterator[None]:
    ended = threading.Event()
    listening = threading.Event()

    async def serve() -> None:
        async with smtp_server(port=port) as server:
            server.answer_to_recipient = "550 unknown recipient"
            listening.set()
            await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert listening.wait(10)
        yield
    finally:
        ended.set()
        thread.join()


def _message(product_id: str) -> Message:
    """Return an event about an early version of a product, which changes nothing."""
    state = ProductState(
        id=product_id, name="Watch", price_cents=100, quantity=1, archived=False, version=1
    )
    event = ProductUpdate(product=state)
    return wrap(event, source="tests", time=datetime.now(UTC), trace_context=TRACE_CONTEXT)


def _found(document: Document | None) -> Document:
    assert document
    return document
