"""Every query of every repository uses an index, and none sorts documents in memory.

A method that is added to a repository has to be run here.
"""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bson import ObjectId, Timestamp
from tests.integration.query_plan_data import (
    ACTIONS,
    CATEGORIES,
    GENERATION,
    NOW,
    RELEASE,
    TOPICS,
    account_id,
    address,
    card_attempt,
    decision,
    delivery_method,
    email_of,
    fill_accounts,
    fill_audit,
    fill_mails,
    fill_messages,
    fill_orders,
    fill_products,
    letter,
    login,
    mail,
    order,
    person,
    picture,
    product,
    projected,
    provider_event,
    publication,
)
from tests.integration.query_plans import (
    CHOSEN_SORT,
    COLLECTION_SCAN,
    SORT_IN_MEMORY,
    Accepted,
    QueryPlans,
    methods_of_repositories,
    methods_of_stores,
    recorded,
)

from authentication.migrations import MIGRATIONS as AUTHENTICATION_MIGRATIONS
from authentication.models.account import AccountRole
from authentication.models.address import StoredAddress
from authentication.models.login_session import RefreshToken, Revocation
from authentication.models.mail_link import LinkKind, MailLink
from authentication.repositories.accounts import AccountRepository
from authentication.repositories.addresses import AddressRepository
from authentication.repositories.counters import CounterRepository
from authentication.repositories.mail_links import MailLinkRepository
from authentication.repositories.reserved_emails import ReservedEmailRepository
from authentication.repositories.reset_requests import ResetRequestRepository
from authentication.repositories.revocations import RevocationRepository
from authentication.repositories.sessions import SessionRepository
from orders.migrations import MIGRATIONS as ORDERS_MIGRATIONS
from orders.models.comparison import IdRange
from orders.models.order import Owner
from orders.models.query import OrderQuery
from orders.models.statistics import Counts, DayCount, ProductCount
from orders.models.views import OrderView
from orders.repositories.card_attempts import CardAttemptRepository
from orders.repositories.delivery_methods import DeliveryMethodRepository
from orders.repositories.order_counts import CountedDay, OrderCounts
from orders.repositories.order_numbers import OrderNumbers
from orders.repositories.orders import OrderRepository
from orders.repositories.projection import ProjectionRepository
from orders.repositories.provider_events import ProviderEventRepository
from orders.repositories.reconcile_progress import Position, ReconcileProgress
from orders.repositories.statistics import CountPosition, StatisticsRepository
from products.migrations import migrations_for
from products.models.picture import Size
from products.models.product import Category
from products.models.query import ProductQuery, Sort
from products.repositories import name_keys
from products.repositories.categories import CategoryRepository
from products.repositories.decisions import DecisionRepository
from products.repositories.listing import ProductListing
from products.repositories.name_order import DEFAULT_LANGUAGE
from products.repositories.pictures import PictureRepository
from products.repositories.products import ProductRepository, products_of
from products.repositories.snapshots import SnapshotRepository
from shopkit.clock import utc_now
from shopkit.contract.events import OrderStatus
from shopkit.mail.mails import Mails, MailStatus
from shopkit.messaging import pauses
from shopkit.messaging.dead_letters import DeadLetterRepository, DeadLetterStatus, HistoryEntry
from shopkit.messaging.outbox import Outbox
from shopkit.messaging.pauses import PauseKind, PauseRepository
from shopkit.storage.audit import AuditFilter, AuditTrail
from shopkit.storage.database_identity import DatabaseIdentity
from shopkit.storage.idempotency import IdempotencyKeys, KeyRecord, key_ids
from shopkit.storage.job_leases import JobLeases
from shopkit.storage.migrations import Migration
from shopkit.storage.mongo import Database, Session
from shopkit.testing.databases import migrate_and_empty
from shopkit.testing.deliveries import an_id
from stack import Stack

DAY = timedelta(days=1)
AN_HOUR_AGO = NOW - timedelta(hours=1)

STORES = ("shopkit.storage", "shopkit.messaging", "shopkit.mail")

NOT_RUN = (
    dict.fromkeys(
        (
            "Feed.next",
            "StatusFeed.next_batch",
            "OrderChanges.watch",
            "StatusChanges.watch",
            "CatalogueChanges.generation",
        ),
        "It reads the database's log, which has no plan.",
    )
    | dict.fromkeys(
        (
            "AccountsClient.find_ids",
            "ProductsClient.check_databases",
            "ProductsClient.accept_databases",
            "ProductsClient.products",
            "ProductsClient.digest_products",
            "ProductsClient.decisions",
            "ProductsClient.digest_decisions",
            "ProductsClient.resend",
            "ProductsClient.cancel",
            "Stripe.close",
            "Stripe.create_session",
            "Stripe.events_since",
            "Stripe.expire_session",
            "Stripe.find_session",
            "Stripe.find_session_of",
            "Stripe.refund",
        ),
        "It sends an HTTP request.",
    )
    | dict.fromkeys(
        (
            "CardProvider.create_session",
            "CardProvider.expire_session",
            "CardProvider.find_session",
            "CardProvider.find_session_of",
            "CardProvider.refund",
        ),
        "It is an interface.",
    )
    | {
        "OrderCounts.days": "It calls `next_day` and `count`, which are run.",
        "OrderCounts.now": "It asks for the state of the server.",
        "ProjectionRepository.migrate": "It creates a collection and its indexes.",
        "ProjectionRepository.recreate": "It drops a collection.",
        "ProjectionRepository.replace": "It renames a collection.",
        "migrations.apply": "It runs migrations, which read whole collections on purpose.",
        "migrations.check": "It reads one document for each migration.",
        "migrations.pending": "It reads one document for each migration.",
        "migrations.ensure_collection": "It creates a collection.",
        "privileges.grant": "It grants privileges.",
    }
)
"""The methods without a query to explain, and why they have none."""

_FEW_OR_SOON = (
    "If few documents match, they are sorted. If many do, the list's own index finds a page soon. "
    "The database tries both."
)
ACCEPTED = (
    Accepted("AccountRepository.page", CHOSEN_SORT, "email_keys", _FEW_OR_SOON),
    Accepted("OrderRepository.page", CHOSEN_SORT, "client_email_keys", _FEW_OR_SOON),
    Accepted("OrderRepository.page", SORT_IN_MEMORY, '"number"', "A number has one order."),
    Accepted("ProductListing.page", CHOSEN_SORT, "", _FEW_OR_SOON),
    Accepted("ProductListing.page", SORT_IN_MEMORY, '"_id": {"$in"', "There are at most 100."),
    Accepted(
        "ProductListing.page",
        SORT_IN_MEMORY,
        "name_key",
        "Names are unique, except for those of products that the first release stored.",
    ),
    Accepted("AddressRepository.find_all", SORT_IN_MEMORY, "", "There are at most 20."),
    Accepted("CategoryRepository.count", COLLECTION_SCAN, "", "It stops at 1,000 categories."),
    Accepted(
        "PictureRepository.put",
        COLLECTION_SCAN,
        '"limit": 1}',
        "GridFS reads one document, to see if it has to create its indexes.",
    ),
    Accepted(
        "ProjectionRepository.count",
        COLLECTION_SCAN,
        "",
        "The command that rebuilds the projection counts once, after it has read all products.",
    ),
    Accepted(
        "StatisticsRepository.best_sellers",
        SORT_IN_MEMORY,
        '"$limit": 10',
        "It sorts one sum of each product, because sums change with the period, and keeps ten.",
    ),
    Accepted(
        "pauses.resume",
        COLLECTION_SCAN,
        "",
        "A command reads the pauses, of which each topic and release has one.",
    ),
)
"""The scans and sorts that are harmless, and why."""


@asynccontextmanager
async def open_plans(
    servers: Stack,
    service: str,
    steps: Sequence[Migration],
    *fillers: Callable[[Database], Awaitable[None]],
) -> AsyncIterator[QueryPlans]:
    """Yield the plans of queries to the database of a service, which is filled."""
    async with recorded(servers.database_url(service)) as (database, recorder):
        await migrate_and_empty(database, steps)
        for fill in fillers:
            await fill(database)
        yield QueryPlans(database, recorder, ACCEPTED)


def check(plans: QueryPlans, methods: set[str]) -> None:
    """Check that the methods were run, and that no query scans a collection or sorts."""
    assert not plans.problems, "\n\n".join(plans.problems)
    assert plans.unused == set(), "delete these, because no plan needs them"
    assert methods - plans.methods - set(NOT_RUN) == set(), "run these methods here"
    assert plans.methods & set(NOT_RUN) == set()


async def test_queries_of_authentication_use_indexes(servers: Stack) -> None:
    fillers = (fill_accounts, fill_audit, fill_mails)
    async with open_plans(servers, "authentication", AUTHENTICATION_MIGRATIONS, *fillers) as plans:
        await explain_accounts(plans)
        await explain_changes_of_accounts(plans)
        await explain_belongings(plans)
        await explain_sessions(plans)
        await explain_links(plans)
        await explain_requests(plans)
        await explain_audit(plans)
        await explain_mails(plans)
        check(plans, methods_of_repositories("authentication.repositories"))


async def test_queries_of_products_use_indexes(servers: Stack) -> None:
    fillers = (fill_products, fill_audit, fill_messages)
    steps = migrations_for(DEFAULT_LANGUAGE)
    async with open_plans(servers, "products", steps, *fillers) as plans:
        await explain_listing(plans)
        await explain_products(plans)
        await explain_categories(plans)
        await explain_decisions(plans)
        await explain_pictures(plans)
        await explain_audit(plans)
        await explain_messages(plans)
        await explain_states(plans)
        check(plans, methods_of_repositories("products.repositories"))


async def test_queries_of_orders_and_of_shopkit_use_indexes(servers: Stack) -> None:
    fillers = (fill_orders, fill_audit, fill_mails, fill_messages)
    async with open_plans(servers, "orders", ORDERS_MIGRATIONS, *fillers) as plans:
        await explain_orders(plans)
        await explain_trade(plans)
        await explain_cards(plans)
        await explain_order_counts(plans)
        await explain_projection(plans)
        await explain_reconciliation(plans)
        await explain_statistics(plans)
        await explain_audit(plans)
        await explain_mails(plans)
        await explain_messages(plans)
        await explain_states(plans)
        check(plans, methods_of_repositories("orders.repositories") | methods_of_stores(*STORES))


def test_the_methods_that_are_not_run_exist() -> None:
    services = ("authentication", "products", "orders")
    repositories = (methods_of_repositories(f"{service}.repositories") for service in services)
    assert set(NOT_RUN) - methods_of_stores(*STORES).union(*repositories) == set()


async def test_a_scan_and_a_sort_are_reported(servers: Stack) -> None:
    async def scan(database: Database, *, session: Session) -> None:
        products = database["products"]
        await products.update_one(
            {"description": "a"}, {"$set": {"picture": None}}, session=session
        )

    async def sort(database: Database) -> None:
        await database["products"].find({"name": "a"}).sort("description").to_list()

    async with open_plans(servers, "products", migrations_for(DEFAULT_LANGUAGE)) as plans:
        # When
        await plans.run_in_transaction(scan, plans.database)
        await plans.run(sort, plans.database)
        # Then
        scanned, sorted_in_memory = plans.problems
        assert scanned.split("\n")[1:] == [
            '  {"updates": [{"q": {"description": "a"}, "multi": false}]}',
            "  UPDATE < COLLSCAN",
        ]
        assert "scan: COLLSCAN" in scanned
        assert "sort: SORT\n" in sorted_in_memory


async def explain_accounts(plans: QueryPlans) -> None:
    accounts = AccountRepository(plans.database)
    account = await plans.run(accounts.find_by_email, email_of(1))
    assert account
    await plans.run_in_transaction(accounts.find_by_id, account.id)
    await plans.run(accounts.find_ids, [email_of(number) for number in range(50)])
    for beginning in (None, email_of(1), "person1", "mail3.example", "mail"):
        await plans.run_pages(accounts.page, beginning=beginning)
    admin = await accounts.find_by_email(email_of(100))
    assert admin
    for known in (account, admin):
        await plans.run_in_transaction(accounts.has_other_admin, known)
    for _ in range(2):
        await plans.run(accounts.add_missing_keys, 200)


async def explain_changes_of_accounts(plans: QueryPlans) -> None:
    accounts = AccountRepository(plans.database)
    account = await accounts.find_by_email(email_of(1))
    assert account
    new: dict[str, Any] = {"role": AccountRole.USER, "password_hash": "hash", "now": NOW}
    await plans.run_in_transaction(accounts.insert, email="new@mail.example", **new)
    await plans.run(accounts.insert_if_new, email="newer@mail.example", **new)
    password = {"password_hash": "other", "least_iat": 1}
    await plans.run_in_transaction(accounts.record_login, account, password_hash="hash", iat=1)
    await plans.run_in_transaction(accounts.record_token, account, iat=1)
    await plans.run_in_transaction(accounts.update_password, account, **password)
    await plans.run_in_transaction(accounts.replace_password, account, **password)
    await plans.run_in_transaction(accounts.set_verified, account)
    await plans.run_in_transaction(
        accounts.update_email, account, "other@mail.example", least_iat=1
    )
    await plans.run(accounts.update_profile, account.id, {"name": "Ada"})
    await plans.run_in_transaction(accounts.revoke_tokens, account, least_iat=1)
    await plans.run_in_transaction(accounts.lock, account.id)
    await plans.run_in_transaction(
        accounts.update_role, account, role=AccountRole.ADMIN, least_iat=1
    )
    await plans.run_in_transaction(accounts.lock_admins)


async def explain_belongings(plans: QueryPlans) -> None:
    addresses, owner = AddressRepository(plans.database), account_id(1)
    [first, *_] = await plans.run(addresses.find_all, owner)
    stored = StoredAddress(first.id, address(1), is_default=True)
    await plans.run_in_transaction(addresses.insert, owner, address(1), is_default=False)
    await plans.run_in_transaction(addresses.update, owner, stored)
    await plans.run_in_transaction(addresses.set_default, owner, first.id)
    await plans.run_in_transaction(addresses.delete, owner, first.id)
    reserved, email = ReservedEmailRepository(plans.database), f"old-{email_of(1)}"
    await plans.run_in_transaction(reserved.is_reserved, email, now=NOW, except_account=owner)
    await plans.run_in_transaction(reserved.reserve, email, owner, until=NOW + DAY)
    await plans.run_in_transaction(reserved.release_all, owner)


async def explain_sessions(plans: QueryPlans) -> None:
    sessions, owner, used = SessionRepository(plans.database), account_id(1), login(1)
    tomorrow = NOW + DAY
    await plans.run_in_transaction(sessions.insert, replace(used, id="new"), expires_at=tomorrow)
    await plans.run_in_transaction(sessions.delete_oldest, owner, keep=5)
    started = {"now": NOW, "started_after": NOW - DAY, "expires_at": tomorrow}
    await plans.run_in_transaction(sessions.extend, used.id, **started)
    await plans.run(sessions.list_open, owner, now=NOW, limit=50)
    await plans.run_in_transaction(sessions.belongs_to, used.id, owner)
    await plans.run_in_transaction(sessions.find_owner, used.id)
    await plans.run_in_transaction(sessions.revoke, used.id, now=NOW)
    for kept in (None, used.id):
        await plans.run_in_transaction(sessions.revoke_all, owner, except_session=kept, now=NOW)
    token = RefreshToken("new", used.id, tomorrow, by_cookie=True)
    await plans.run_in_transaction(sessions.insert_token, token)
    await plans.run_in_transaction(sessions.spend_token, "digest-1", now=NOW)
    await plans.run_in_transaction(sessions.find_token, "digest-1")
    revocations = RevocationRepository(plans.database)
    revocation = Revocation(str(owner), email_of(1), None, 0.0, None)
    await plans.run_in_transaction(revocations.insert, revocation, expires_at=tomorrow)
    await plans.run_pages(revocations.page, NOW)


async def explain_links(plans: QueryPlans) -> None:
    links, owner = MailLinkRepository(plans.database), account_id(1)
    link = MailLink("new", LinkKind.PASSWORD_RESET, owner, email_of(1), NOW, NOW + DAY)
    await plans.run_in_transaction(links.insert, link)
    await plans.run(links.add_token, "link-1", "another token", now=NOW)
    for kind in LinkKind:
        await plans.run_in_transaction(links.find_by_token, "token-1", kind)
        await plans.run(links.find_usable, owner, kind, now=NOW)
        await plans.run_in_transaction(links.count_since, owner, kind, AN_HOUR_AGO)
        await plans.run_in_transaction(links.close, owner, [kind], now=NOW)
    await plans.run_in_transaction(links.close, owner, list(LinkKind), now=NOW)


async def explain_requests(plans: QueryPlans) -> None:
    requests, counters = ResetRequestRepository(plans.database), CounterRepository(plans.database)
    await plans.run(requests.add, email_of(1), now=NOW)
    await plans.run(requests.find_oldest)
    await plans.run_in_transaction(requests.remove, email_of(1))
    for key in ("email/1", "new"):
        await plans.run(counters.increment, key, now=NOW, window=DAY)
        await plans.run(counters.find, key, now=NOW)
        await plans.run(counters.decrement, key)
    await plans.run(counters.reset, "new")


LISTS: tuple[dict[str, Any], ...] = (
    {},
    {"category": CATEGORIES[1]},
    {"min_price_cents": 300},
    {"min_price_cents": 300, "max_price_cents": 400},
    {"in_stock": True},
    {"max_stock": 5},
    {"category": CATEGORIES[1], "in_stock": True, "max_price_cents": 400},
    {"category": CATEGORIES[1], "max_stock": 5},
    {"text": "spoon"},
    {"text": "a"},
    {"text": "red spoon", "in_stock": True},
    {"text": "red", "category": CATEGORIES[1], "min_price_cents": 300},
    {"text": "unknown"},
    {"text": "!"},
    {"name": "red spoon 0"},
    {"ids": tuple(an_id(number) for number in range(100))},
)
"""The filters of lists of products. Each is combined with each order."""


async def explain_listing(plans: QueryPlans) -> None:
    listing = ProductListing(plans.database)
    shown = ((False,), (True,), (False, True))
    for archived, filters, sort in itertools.product(shown, LISTS, (None, *Sort)):
        query = ProductQuery(sort=sort, archived=archived, **filters)
        await plans.run_pages(listing.page, query)
        if sort is None:
            await plans.run(listing.count, query)


async def explain_products(plans: QueryPlans) -> None:
    products, ids = ProductRepository(plans.database), [an_id(number) for number in range(20)]
    await plans.run_in_transaction(products.find_by_id, an_id(1))
    for except_id in (None, an_id(1)):
        await plans.run_in_transaction(products.is_name_taken, product(1).name, except_id=except_id)
    await plans.run_in_transaction(products.find_by_ids, ids)
    await plans.run_in_transaction(products.find_states, ids)
    await plans.run(products.find_pictures, ids)
    for after, until in RANGES:
        await plans.run(products.find_range, after, until, 500)
    await plans.run_in_transaction(products.raise_versions, {an_id(1): 1, an_id(2): 2})
    new = replace(product(2_001), id=an_id(2_001))
    await plans.run_in_transaction(products.insert, new)
    await plans.run_in_transaction(products.replace, product(1), product(1))
    category = CATEGORIES[0].renamed("renamed")
    for after in (None, an_id(500)):
        outdated = await plans.run(products.find_outdated, category, after, 100)
        await plans.run(products.refresh, outdated[:5])
    for used in (CATEGORIES[1].id, an_id(9)):
        await plans.run_in_transaction(products.is_category_used, used)
    deltas = {an_id(1): -1, an_id(2): 1}
    await plans.run_in_transaction(products.change_stock, deltas, NOW)
    await plans.run(products_of, [], CategoryRepository(plans.database))
    snapshots = SnapshotRepository(IdempotencyKeys(plans.database), utc_now)
    await plans.run_in_transaction(snapshots.insert, person(1), "new", "fingerprint", product(1))
    await plans.run_in_transaction(snapshots.find, person(1), "new", "fingerprint")
    for _ in range(2):
        await plans.run(products.add_missing_keys, 200)


RANGES = ((None, None), (an_id(100), None), (None, an_id(200)), (an_id(100), an_id(200)))


async def explain_categories(plans: QueryPlans) -> None:
    categories, known = CategoryRepository(plans.database), CATEGORIES[1]
    await plans.run(categories.all)
    await plans.run_in_transaction(categories.count)
    await plans.run_in_transaction(categories.find_by_id, known.id)
    await plans.run_in_transaction(categories.find_by_ids, [ObjectId(known.id)])
    await plans.run(categories.find_by_name, known.name)
    await plans.run_in_transaction(categories.find_by_names, [known.name, "unknown"])
    await plans.run_in_transaction(categories.is_name_taken, known)
    await plans.run_in_transaction(categories.insert, Category(an_id(9), "new"))
    await plans.run_in_transaction(categories.rename, known.renamed("other"))
    await plans.run_in_transaction(categories.guard, CATEGORIES[:3])
    await plans.run_in_transaction(categories.delete, known.id)
    outdated = await plans.run(categories.find_outdated)
    assert outdated
    await plans.run(categories.set_refreshed, outdated)
    await plans.run(categories.add_missing_keys, 200)
    await plans.run(name_keys.add_missing_keys, plans.database["categories"], 200)


async def explain_decisions(plans: QueryPlans) -> None:
    decisions, first = DecisionRepository(plans.database), decision(0)
    await plans.run_in_transaction(decisions.find_by_ids, [an_id(number) for number in range(20)])
    for after, until in RANGES:
        await plans.run(decisions.find_range, after, until, 500)
    await plans.run_in_transaction(decisions.insert, [decision(5_000)])
    await plans.run_in_transaction(decisions.update, [(first, first.cancelled(NOW))])


async def explain_pictures(plans: QueryPlans) -> None:
    pictures, picture_id = PictureRepository(plans.database), "picture-1"
    await plans.run(pictures.put, an_id(1), "new", picture())
    await plans.run(pictures.get, an_id(1), picture_id, Size.FULL)
    await plans.run(pictures.exists, an_id(1), picture_id)
    files = await plans.run(pictures.find_files, "", 10)
    ids = [file.id for file in files]
    await plans.run(pictures.mark_unused, ids, NOW)
    await plans.run(pictures.mark_used, ids)
    await plans.run(pictures.delete, ids)


async def explain_orders(plans: QueryPlans) -> None:
    orders, ids = OrderRepository(plans.database), [an_id(number) for number in range(1, 21)]
    await plans.run_in_transaction(orders.find_by_id, an_id(1))
    await plans.run_in_transaction(orders.find_by_ids, ids)
    for query in order_queries():
        await plans.run_pages(orders.page, query)
    for customer in (email_of(1), person(1).account_id, "ä@mail.example"):
        await plans.run(orders.totals, customer)
    for number in (0, 1):
        await plans.run(orders.find_changed, person(number), NOW - DAY)
    for after, until in RANGES:
        await plans.run(orders.find_range, IdRange(after, until), 500)
    new = replace(order(1), id=an_id(5_000), number="ZZZZZZZZ")
    await plans.run_in_transaction(orders.insert, [new])
    pending = order(0)
    await plans.run_in_transaction(orders.update, [(pending, pending.cancelled(NOW))])
    for query in desk_queries():
        await plans.run_pages(orders.page, query)
    await plans.run(orders.has_due)
    await plans.run(orders.find_due, 3)
    await plans.run(orders.has_overdue)
    await plans.run(orders.find_oldest_pending)
    await plans.run(orders.take_overdue, 3)
    for _ in range(2):
        await plans.run(orders.add_missing_keys, 200)
    without = await plans.run(orders.find_without_account, 500)
    assert without
    owner = Owner(person(0).account_id, email_of(0))
    owners = dict(zip(without, (owner, None), strict=False))
    await plans.run(orders.set_accounts, owners)


def order_queries() -> list[OrderQuery]:
    """Return each combination of the filters of lists of orders."""
    statuses = (None, *OrderStatus)
    periods = ((None, None), (NOW - DAY, None), (None, NOW - DAY), (NOW - 2 * DAY, NOW - DAY))
    customers: tuple[dict[str, Any], ...] = (
        {},
        {"email": email_of(1)},
        {"email": email_of(0)},
        {"email": person(1).account_id},
        {"email_beginning": email_of(1)},
        {"email_beginning": "mail3.example"},
        {"email_beginning": person(1).account_id},
        {"email": email_of(1), "email_beginning": "person"},
        {"owner": person(0)},
        {"owner": person(1)},
    )
    return [
        OrderQuery(status=status, since=since, until=until, **customer)
        for status, (since, until), customer in itertools.product(statuses, periods, customers)
    ]


def desk_queries() -> list[OrderQuery]:
    """Return the queries of the lists that wait for an admin, and of a number."""
    periods = ((None, None), (NOW - DAY, None), (NOW - 2 * DAY, NOW - DAY))
    return [
        *(
            OrderQuery(view=view, status=status, since=since, until=until)
            for view in OrderView
            for status in (None, OrderStatus.ACCEPTED)
            for since, until in periods
        ),
        OrderQuery(number="00000017"),
        OrderQuery(number="00000017", status=OrderStatus.ACCEPTED),
    ]


async def explain_trade(plans: QueryPlans) -> None:
    numbers, methods = OrderNumbers(plans.database), DeliveryMethodRepository(plans.database)
    for _ in range(2):
        await plans.run(numbers.add_missing, 200)
    await plans.run_in_transaction(methods.find_all)
    await plans.run_in_transaction(methods.find_by_id, "method-1")
    await plans.run_in_transaction(methods.put, delivery_method(1))
    await plans.run_in_transaction(methods.delete, "method-2")


async def explain_cards(plans: QueryPlans) -> None:
    attempts = CardAttemptRepository(plans.database)
    events = ProviderEventRepository(plans.database)
    await plans.run_in_transaction(attempts.insert, card_attempt(5_000))
    await plans.run_in_transaction(attempts.update, replace(card_attempt(1), session_id="cs_1"))
    await plans.run_in_transaction(attempts.find, card_attempt(1).key)
    await plans.run_in_transaction(attempts.find_last, an_id(1))
    await plans.run_in_transaction(attempts.wake, [an_id(1), an_id(2)])
    await plans.run(attempts.set_session, card_attempt(1).key, "cs_1")
    await plans.run(attempts.count_refund_try, card_attempt(1).key)
    await plans.run(attempts.take_due)
    await plans.run(events.add, [provider_event(1), provider_event(5_000)])
    await plans.run(events.take_pending)
    await plans.run_in_transaction(events.mark_applied, provider_event(1).id)
    await plans.run(events.park, provider_event(3).id, "unknown")
    await plans.run(events.find_parked)
    await plans.run(events.position)
    await plans.run(events.move_position, NOW)


async def explain_order_counts(plans: QueryPlans) -> None:
    counts, zone = OrderCounts(plans.database), ZoneInfo("Europe/Berlin")
    at = await counts.now()
    await plans.run(counts.find, [an_id(1), an_id(2)])
    await plans.run(counts.count_pending)
    for moment in (None, at):
        first = await plans.run(counts.next_day, None, zone, moment)
        assert first
        await plans.run(counts.next_day, first, zone, moment)
        await plans.run(counts.count, first, zone, moment)


async def explain_projection(plans: QueryPlans) -> None:
    projection = ProjectionRepository(plans.database)
    ids = [an_id(number) for number in range(20)]
    names = ["product 1", "Product 2"]
    await plans.run(projection.count)
    for wanted_ids, wanted_names in ((ids, []), ([], names), (ids, names)):
        await plans.run(projection.find, wanted_ids, wanted_names)
    for after, until in RANGES:
        await plans.run(projection.find_range, IdRange(after, until), 500)
    newer = projected(1).model_copy(update={"version": 3})
    await plans.run(projection.put, [newer, projected(3_000)])
    await plans.run(projection.remove, [an_id(3_000)])
    await plans.database["products"].update_one(
        {"_id": ObjectId(an_id(1))}, {"$unset": {"name_key": ""}}
    )
    for _ in range(2):
        await plans.run(projection.add_missing_keys, 200)


async def explain_reconciliation(plans: QueryPlans) -> None:
    progress = ReconcileProgress(plans.database)
    await plans.run(progress.is_due, DAY)
    await plans.run(progress.save, Position("orders", None, {}))
    await plans.run(progress.position)
    await plans.run(progress.refuse)
    await plans.run(progress.finish, {})
    await plans.run(progress.last_result)


async def explain_statistics(plans: QueryPlans) -> None:
    statistics, since, until = (
        StatisticsRepository(plans.database),
        date(2026, 5, 3),
        date(2026, 5, 20),
    )
    position = await plans.run(statistics.position)
    assert position
    await plans.run(statistics.days, GENERATION, since, until)
    for after in (None, since):
        await plans.run(statistics.next_day, GENERATION, after)
    await plans.run(statistics.read_day, GENERATION, since)
    await plans.run(statistics.best_sellers, GENERATION, since, until)
    await plans.run(statistics.low_stock, 20)
    counts = Counts()
    counts.orders[since] = 1
    counts.quantities[since, an_id(1)] = 1
    counts.names[an_id(1)] = "product 1"
    await plans.run_in_transaction(statistics.add, counts, position, "token")
    generation = await plans.run(statistics.begin_generation)
    counted = CountedDay(since, DayCount(1, 1), {an_id(1): ProductCount(1, 1)}, {an_id(1): "name"})
    await plans.run(statistics.insert, generation, counted)
    await plans.run(statistics.publish, CountPosition(generation, "UTC", Timestamp(1, 1), None, 0))


async def explain_audit(plans: QueryPlans) -> None:
    trail = AuditTrail(plans.database)
    periods = ((None, None), (NOW - DAY, None), (AN_HOUR_AGO, NOW))
    actors = (None, email_of(1), "person", "mail3.example", person(1).account_id)
    actions = (None, ACTIONS[0])
    subjects = (None, email_of(2), person(2).account_id, an_id(3))
    for actor, action, subject, (since, until) in itertools.product(
        actors, actions, subjects, periods
    ):
        await plans.run_pages(trail.page, AuditFilter(actor, action, subject, since, until))
    entry = {"action": ACTIONS[0], "subject": an_id(1), "before": None, "after": None, "at": NOW}
    await plans.run_in_transaction(trail.add, actor=person(900), **entry)
    await plans.run_in_transaction(trail.add_actor, email_of(1))


async def explain_mails(plans: QueryPlans) -> None:
    mails = Mails(plans.database, utc_now)
    await plans.run_in_transaction(mails.add, [mail(1), mail(5_000)])
    for status in (None, *MailStatus):
        await plans.run_pages(mails.page, status)
    await plans.run(mails.measure)
    leased = await plans.run(mails.lease)
    assert leased
    await plans.run(mails.postpone, leased.mail.id, DAY, "The server is busy.")
    await plans.run(mails.park, leased.mail.id, "The server refused it.")
    await plans.run_in_transaction(mails.send_again, leased.mail.id)
    await plans.run_in_transaction(mails.discard, leased.mail.id)
    await plans.run_in_transaction(mails.find_by_id, leased.mail.id)
    await plans.run(mails.mark_sent, mail(5).id)
    await plans.run(mails.mark_expired, mail(10).id)


async def explain_messages(plans: QueryPlans) -> None:
    outbox, some = Outbox(plans.database), [publication(number) for number in (1, 1_100)]
    await plans.run_in_transaction(outbox.add, [publication(5_000)])
    await plans.run_in_transaction(outbox.add_again, [*some, publication(5_000)])
    await plans.run(outbox.find_unsent, [item.message.id for item in some])
    await plans.run(outbox.measure)
    leased = await plans.run(outbox.lease_unsent, 50)
    assert leased
    await plans.run(outbox.renew, [item.message.id for item in leased])
    await plans.run(outbox.postpone, leased, DAY)
    await plans.run(outbox.mark_sent, leased)
    letters = DeadLetterRepository(plans.database, release=RELEASE)
    await plans.run(letters.add, letter(5_000), "It is broken.")
    for since in (None, AN_HOUR_AGO):
        await plans.run(letters.count_recent, TOPICS[0], DAY, since)
    await plans.run(letters.find_by_id, letter(1).id)
    for status in (None, *DeadLetterStatus):
        await plans.run_pages(letters.page, status)
    entry = HistoryEntry(NOW, email_of(1), "discard", "")
    discarded = DeadLetterStatus.DISCARDED
    await plans.run_in_transaction(letters.update_parked, letter(299).id, entry, discarded)


async def explain_states(plans: QueryPlans) -> None:
    consumers = PauseRepository(plans.database, RELEASE, utc_now)
    await plans.run(consumers.add, TOPICS[0], PauseKind.FAULT, "It failed.")
    await plans.run(consumers.is_paused, TOPICS[0])
    for topic in (TOPICS[0], None):
        await plans.run(pauses.resume, plans.database, topic, utc_now)
    await plans.run(consumers.resumed_at, TOPICS[0])
    identity = DatabaseIdentity(plans.database)
    await plans.run(identity.own)
    await plans.run(identity.known, "products-db")
    await plans.run(identity.accept, "tests", "identity")
    await plans.run(identity.check, "tests", "identity")
    # Tests that follow keep the identities of databases.
    await plans.database["database_identity"].delete_one({"_id": "tests"})
    keys = IdempotencyKeys(plans.database)
    await plans.run_in_transaction(keys.find_by_ids, key_ids(person(1), "key"))
    record = KeyRecord("new", "fingerprint", {}, NOW)
    await plans.run_in_transaction(keys.insert, [record])
    await plans.run(JobLeases(plans.database).acquire, "job", DAY, "holder")
