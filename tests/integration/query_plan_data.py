"""Fills databases with enough different documents that the database can choose between plans."""

import asyncio
from datetime import date, datetime, timedelta

from bson import ObjectId, Timestamp
from tests.integration.query_plans import committed

from authentication.models.account import AccountRole
from authentication.models.login_session import LoginSession, RefreshToken, Revocation
from authentication.models.mail_link import LinkKind, MailLink
from authentication.repositories.accounts import USERS, AccountRepository
from authentication.repositories.addresses import AddressRepository
from authentication.repositories.counters import CounterRepository
from authentication.repositories.mail_links import MailLinkRepository
from authentication.repositories.reserved_emails import ReservedEmailRepository
from authentication.repositories.reset_requests import ResetRequestRepository
from authentication.repositories.revocations import RevocationRepository
from authentication.repositories.sessions import SessionRepository
from orders.models.cards import CardAttempt, ProviderEvent
from orders.models.delivery import DeliveryMethod, FeeStep
from orders.models.order import HistoryEntry, Line, Order
from orders.models.payment import Payment, PaymentState, PaymentTerms
from orders.models.statistics import DayCount, ProductCount
from orders.models.views import OrderView
from orders.repositories.card_attempts import CardAttemptRepository
from orders.repositories.delivery_methods import DeliveryMethodRepository
from orders.repositories.order_counts import CountedDay
from orders.repositories.orders import OrderRepository
from orders.repositories.projection import ProjectionRepository
from orders.repositories.provider_events import ProviderEventRepository
from orders.repositories.statistics import CountPosition, StatisticsRepository
from products.models.decision import Decision, DecisionLine, Outcome
from products.models.picture import Picture, Size
from products.models.product import Category, Product
from products.repositories.categories import CategoryRepository
from products.repositories.decisions import DecisionRepository
from products.repositories.pictures import PictureRepository
from products.repositories.products import document_of
from shopkit.addresses import Address
from shopkit.clock import utc_now
from shopkit.contract.events import OrderCancel, OrderStatus, ProductState
from shopkit.identity import Identity, Role
from shopkit.mail.mails import Mails, MailStatus
from shopkit.messaging.dead_letters import (
    DeadLetterRepository,
    DeadLetterStatus,
    Record,
)
from shopkit.messaging.dead_letters import (
    HistoryEntry as LetterEntry,
)
from shopkit.messaging.envelope import wrap
from shopkit.messaging.outbox import Outbox
from shopkit.messaging.pauses import PauseKind, PauseRepository
from shopkit.storage.audit import AuditTrail
from shopkit.storage.idempotency import IdempotencyKeys, KeyRecord, key_ids
from shopkit.storage.mongo import Database
from shopkit.storage.unit_of_work import Mail, Publication
from shopkit.testing.deliveries import TRACE_CONTEXT, an_id
from shopkit.testing.proofs import identity_of

NOW = utc_now()
SHOPPERS = 100
RELEASE = "release-1"
GENERATION = ObjectId()
TOPICS = ("shop.orders", "shop.products")
ACTIONS = ("product.create", "product.change", "role.change")
CATEGORIES = tuple(
    Category(an_id(0xCA00 + number), f"category {number}", number % 3) for number in range(1, 9)
)
_COLOURS = ("red", "green", "blue", "white", "black")
_THINGS = ("spoon", "lamp", "chair", "mug", "shelf", "clock", "plate")
_STATUSES = (
    (OrderStatus.PENDING,),
    (OrderStatus.PENDING, OrderStatus.ACCEPTED),
    (OrderStatus.PENDING, OrderStatus.REJECTED),
    (OrderStatus.PENDING, OrderStatus.CANCELLED),
    (OrderStatus.PENDING, OrderStatus.ACCEPTED, OrderStatus.CANCELLED),
)
_OUTCOMES: tuple[Outcome, ...] = (
    OrderStatus.ACCEPTED,
    OrderStatus.REJECTED,
    OrderStatus.CANCELLED,
)


def email_of(number: int) -> str:
    """Return the email address of a person. There are seven domains."""
    return f"person{number}@mail{number % 7}.example"


def person(number: int, role: Role = Role.USER) -> Identity:
    """Return the caller with this number."""
    return identity_of(email_of(number), role)


def account_id(number: int) -> ObjectId:
    """Return the account id of a person."""
    return ObjectId(person(number).account_id)


async def fill_accounts(database: Database) -> None:
    """Store accounts and what belongs to them."""
    await _add_accounts(database)
    await _add_sessions(database)
    await _add_links(database)
    requests, counters = ResetRequestRepository(database), CounterRepository(database)
    for number in range(SHOPPERS):
        await requests.add(email_of(number), now=NOW + timedelta(seconds=number))
        await counters.increment(f"email/{number}", now=NOW, window=timedelta(days=1))


async def _add_accounts(database: Database) -> None:
    accounts, addresses = AccountRepository(database), AddressRepository(database)
    reserved = ReservedEmailRepository(database)
    async with committed(database) as session:
        for number in range(500):
            await accounts.insert(
                email=email_of(number),
                role=AccountRole.USER if number % 100 else AccountRole.ADMIN,
                password_hash="hash",
                now=NOW,
                session=session,
                account_id=account_id(number),
            )
        for number in range(SHOPPERS * 5):
            owner = account_id(number % SHOPPERS)
            await addresses.insert(owner, address(number), is_default=False, session=session)
            until = NOW + timedelta(days=1)
            await reserved.reserve(f"old-{email_of(number)}", owner, until=until, session=session)
    # A replica of the previous release stores accounts without keys.
    await database[USERS].update_many({"email": email_of(400)}, {"$unset": {"email_keys": ""}})


def address(number: int) -> Address:
    """Return an address."""
    return Address("Ada", "", (f"Street {number}",), "12345", "Town", "", "DE", "")


def login(number: int) -> LoginSession:
    """Return a log-in session."""
    started_at = NOW - timedelta(minutes=number)
    return LoginSession(
        f"session-{number}", account_id(number % SHOPPERS), started_at, started_at, "phone"
    )


async def _add_sessions(database: Database) -> None:
    sessions, revocations = SessionRepository(database), RevocationRepository(database)
    expires_at = NOW + timedelta(days=1)
    async with committed(database) as session:
        for number in range(1_000):
            await sessions.insert(login(number), expires_at=expires_at, session=session)
            token = RefreshToken(f"digest-{number}", f"session-{number}", expires_at, True)
            await sessions.insert_token(token, session=session)
            if number % 3 == 0:
                await sessions.revoke(f"session-{number}", now=NOW, session=session)
                revocation = Revocation(None, None, f"session-{number}", 0.0, None)
                await revocations.insert(revocation, expires_at=expires_at, session=session)


async def _add_links(database: Database) -> None:
    links = MailLinkRepository(database)
    kinds = tuple(LinkKind)
    async with committed(database) as session:
        for number in range(800):
            link = MailLink(
                f"link-{number}",
                kinds[number % len(kinds)],
                account_id(number % SHOPPERS),
                email_of(number),
                NOW - timedelta(minutes=number),
                NOW + timedelta(days=1),
            )
            await links.insert(link, session=session)
    await asyncio.gather(
        *(links.add_token(f"link-{number}", f"token-{number}", now=NOW) for number in range(200))
    )


async def fill_orders(database: Database) -> None:
    """Store orders, the projection and the statistics."""
    async with committed(database) as session:
        orders = OrderRepository(database)
        for start in range(0, 2_000, 500):
            chunk = [order(number) for number in range(start, start + 500)]
            await orders.insert(chunk, session=session)
    # A replica of an earlier release stores orders without an account, and without keys.
    await database["orders"].update_many(
        {"client_email": {"$in": [email_of(number) for number in range(0, SHOPPERS, 10)]}},
        {"$set": {"account_id": None}},
    )
    await database["orders"].update_one(
        {"_id": ObjectId(an_id(1))}, {"$unset": {"client_email_keys": "", "number": ""}}
    )
    # The service stores the lists that an order is in when it changes the order.
    due = {"payment.state": PaymentState.DUE}
    views = {"desk": [OrderView.TO_PAY, OrderView.TO_SHIP]}
    await database["orders"].update_many(due, {"$set": views})
    for method in range(20):
        await DeliveryMethodRepository(database).put(delivery_method(method), session=None)
    attempts = CardAttemptRepository(database)
    for number in range(500):
        await attempts.insert(card_attempt(number), session=None)
    events = ProviderEventRepository(database)
    await events.add([provider_event(number) for number in range(1_000)])
    for number in range(0, 1_000, 2):
        await events.park(provider_event(number).id, "unknown")
    await ProjectionRepository(database).put([projected(number) for number in range(2_000)])
    await _add_statistics(database)


def delivery_method(number: int) -> DeliveryMethod:
    return DeliveryMethod(f"method-{number}", "Parcel", ("DE",), (FeeStep(0, 490),), None, 3)


def card_attempt(number: int) -> CardAttempt:
    """Return the first attempt to pay an order. Some are closed, and some wait for nothing."""
    return CardAttempt(
        key=f"{an_id(number)}-1",
        order_id=an_id(number),
        number=1,
        amount_cents=100,
        currency="EUR",
        live=False,
        parameters={},
        created_at=NOW,
        open=number % 2 == 0,
        check_at=NOW + timedelta(seconds=number) if number % 3 == 0 else None,
    )


def provider_event(number: int) -> ProviderEvent:
    return ProviderEvent(f"evt_{number}", "refund.created", NOW, False, "", f"pi_{number}")


def order(number: int) -> Order:
    """Return an order. Each tenth one is still pending."""
    statuses = _STATUSES[0] if number % 10 == 0 else _STATUSES[1 + number % 4]
    placed_at = NOW - timedelta(minutes=10 * number)
    shopper = person(number % SHOPPERS)
    lines = tuple(
        Line(an_id(product), f"product {product}", 100, 1) for product in (number % 50, 100)
    )
    return Order(
        id=an_id(number + 1),
        email=shopper.email,
        account_id=shopper.account_id,
        lines=lines,
        history=tuple(
            HistoryEntry(status, placed_at + timedelta(seconds=index))
            for index, status in enumerate(statuses)
        ),
        trace_context=TRACE_CONTEXT,
        cancel_confirmed=statuses[-1] is OrderStatus.CANCELLED and number % 5 > 0,
        number=f"{number:08}",
        payment=_payment(statuses[-1], placed_at),
    )


def _payment(status: OrderStatus, placed_at: datetime) -> Payment:
    if status is not OrderStatus.ACCEPTED:
        return Payment()
    return Payment().due(placed_at, PaymentTerms())


def projected(number: int) -> ProductState:
    """Return a product as the projection has it."""
    return ProductState(
        id=an_id(number),
        name=f"product {number}",
        price_cents=100 + number,
        quantity=number % 200,
        archived=number % 10 == 0,
        version=2,
    )


async def _add_statistics(database: Database) -> None:
    statistics = StatisticsRepository(database)
    abandoned = ObjectId.from_datetime(NOW - timedelta(hours=2))
    for generation in (GENERATION, abandoned):
        for number in range(30):
            products = {an_id(product): ProductCount(1, 100) for product in range(number, 60)}
            counted = CountedDay(
                date(2026, 5, 1) + timedelta(days=number),
                DayCount(10, 1_000),
                products,
                {id_: f"product {id_}" for id_ in products},
            )
            await statistics.insert(generation, counted)
    await statistics.publish(CountPosition(GENERATION, "UTC", Timestamp(1, 1), None, 0))


async def fill_products(database: Database) -> None:
    """Store products, categories, decisions and pictures."""
    products = [document_of(product(number)) for number in range(2_000)]
    for field in ("name_key", "unique_name_key"):
        # A replica of the previous release stores products without keys.
        del products[-1][field]
    await database["products"].insert_many(products, ordered=False)
    categories, decisions = CategoryRepository(database), DecisionRepository(database)
    async with committed(database) as session:
        for category in CATEGORIES:
            await categories.insert(category, session=session)
        await categories.rename(CATEGORIES[0].renamed("renamed"), session=session)
        await decisions.insert([decision(number) for number in range(1_000)], session=session)
    pictures = PictureRepository(database)
    for number in range(20):
        await pictures.put(an_id(number), f"picture-{number}", picture())


def product(number: int) -> Product:
    """Return a product. Each tenth one is archived, and each seventh one is in no category."""
    colour, thing = _COLOURS[number % 5], _THINGS[number % 7]
    in_categories = (CATEGORIES[number % 8], CATEGORIES[(number + 1) % 8]) if number % 7 else ()
    return Product(
        id=an_id(number),
        name=f"{colour} {thing} {number}",
        description=f"A {thing} for each room." if number % 3 else f"It is {colour}.",
        price_cents=number * 37 % 900 + 100,
        quantity=number * 13 % 100,
        categories=in_categories,
        archived=number % 10 == 0,
        picture=None,
        details_version=1,
        stock_version=1,
        created_at=NOW - timedelta(minutes=number),
        updated_at=NOW,
    )


def decision(number: int) -> Decision:
    """Return the decision about an order."""
    status = _OUTCOMES[number % 3]
    lines = (DecisionLine(an_id(number % 50), 1),)
    return Decision(an_id(number + 1), status, lines, None, (), NOW, NOW, TRACE_CONTEXT)


def picture() -> Picture:
    """Return a picture, whose content does not matter."""
    return Picture("digest", dict.fromkeys(Size, b"content"))


async def fill_audit(database: Database) -> None:
    """Store entries of many actors about accounts and products."""
    trail = AuditTrail(database)
    async with committed(database) as session:
        for number in range(1_000):
            subject = person(number % 200)
            about_account = number % 2 == 0
            await trail.add(
                actor=person(number % 50, Role.ADMIN),
                action=ACTIONS[number % 3],
                subject=subject.email if about_account else an_id(number % 300),
                subject_id=subject.account_id if about_account else None,
                before=None,
                after=None,
                at=NOW - timedelta(minutes=number),
                session=session,
            )


def mail(number: int) -> Mail:
    """Return a mail."""
    return Mail(f"order/{number}", "order", email_of(number))


async def fill_mails(database: Database) -> None:
    """Store mails of each status."""
    async with committed(database) as session:
        await Mails(database, utc_now).add(
            [mail(number) for number in range(1_500)], session=session
        )
    for index, status in enumerate(MailStatus):
        ids = [mail(number).id for number in range(index, 1_500, len(MailStatus))]
        await database["mails"].update_many({"_id": {"$in": ids}}, {"$set": {"status": status}})


async def fill_messages(database: Database) -> None:
    """Store messages that are sent and unsent, dead letters, pauses and idempotency keys."""
    outbox, keys = Outbox(database, lambda: NOW - timedelta(minutes=1)), IdempotencyKeys(database)
    async with committed(database) as session:
        await outbox.add([publication(number) for number in range(1_200)], session=session)
        records = [
            KeyRecord(id_, "fingerprint", {}, NOW)
            for number in range(500)
            for id_ in key_ids(person(number), "key")
        ]
        await keys.insert(records, session=session)
    await outbox.mark_sent([publication(number) for number in range(1_000)])
    letters = DeadLetterRepository(database, release=RELEASE)
    await asyncio.gather(*(letters.add(letter(number), "It is broken.") for number in range(300)))
    for number in range(200):
        status = DeadLetterStatus.REPLAYED if number % 2 else DeadLetterStatus.DISCARDED
        entry = LetterEntry(NOW, email_of(1), "replay", "")
        await letters.update_parked(letter(number).id, entry, status, session=None)
    for topic in TOPICS:
        await PauseRepository(database, RELEASE, utc_now).add(topic, PauseKind.FAULT, "It failed.")


def publication(number: int) -> Publication:
    """Return a message of the outbox."""
    event = OrderCancel(order_id=an_id(number))
    return Publication(wrap(event, source="orders-ms", time=NOW, trace_context=TRACE_CONTEXT))


def letter(number: int) -> Record:
    """Return a message that cannot be applied."""
    return Record(TOPICS[number % 2], 0, number, None, f"{number}".encode(), ())
