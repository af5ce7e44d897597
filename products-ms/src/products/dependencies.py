"""What lives as long as the service is built here, and handed down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from products.repositories.categories import CategoryRepository
from products.repositories.decisions import StubRepository
from products.repositories.listing import ProductListing
from products.repositories.pictures import PictureRepository
from products.repositories.products import ProductRepository
from products.repositories.snapshots import Snapshots
from products.services.catalogue import CatalogueService
from products.services.categories import CategoryService
from products.services.coalescing import Shared
from products.services.comparison import ComparisonService
from products.services.decisions import DecisionService
from products.services.editing import EditingService
from products.services.pictures import PictureService
from shopkit.clock import Clock, utc_now
from shopkit.messaging.dead_letter_service import DeadLetterService
from shopkit.messaging.outbox import HandOver, Outbox
from shopkit.storage.audit import AuditTrail
from shopkit.storage.idempotency import IdempotencyKeys
from shopkit.storage.mongo import Database, Transactions
from shopkit.web.health import Check


@dataclass(frozen=True)
class Services:
    """What controllers and consumers call.

    `letters` and `checks` are there where the service runs, with its consumers.
    """

    catalogue: CatalogueService
    editing: EditingService
    categories: CategoryService
    pictures: PictureService
    decisions: DecisionService
    comparison: ComparisonService
    trail: AuditTrail
    pages: Shared[str, bytes] = field(default_factory=Shared)
    letters: DeadLetterService | None = None
    checks: Mapping[str, Check] = field(default_factory=dict)


def build(
    database: Database, transactions: Transactions, hand_over: HandOver, clock: Clock = utc_now
) -> Services:
    """Return the services on top of a database."""
    products = ProductRepository(database)
    categories = CategoryRepository(database)
    stubs = StubRepository(database)
    outbox = Outbox(database, clock)
    trail = AuditTrail(database)
    editing = EditingService(
        transactions=transactions,
        products=products,
        categories=categories,
        snapshots=Snapshots(IdempotencyKeys(database), clock),
        trail=trail,
        outbox=outbox,
        hand_over=hand_over,
        clock=clock,
    )
    decisions = DecisionService(
        transactions=transactions,
        products=products,
        stubs=stubs,
        outbox=outbox,
        hand_over=hand_over,
        clock=clock,
    )
    return Services(
        catalogue=CatalogueService(
            products=products, listing=ProductListing(database), categories=categories
        ),
        editing=editing,
        categories=CategoryService(
            transactions=transactions,
            products=products,
            categories=categories,
            trail=trail,
            outbox=outbox,
            hand_over=hand_over,
            clock=clock,
        ),
        pictures=PictureService(
            products=products, pictures=PictureRepository(database), editing=editing
        ),
        decisions=decisions,
        comparison=ComparisonService(
            transactions=transactions,
            products=products,
            stubs=stubs,
            decisions=decisions,
            outbox=outbox,
            hand_over=hand_over,
            clock=clock,
        ),
        trail=trail,
    )


def services_of(request: Request) -> Services:
    """Return the services of a request's application."""
    services: Services = request.app.state.services
    return services


def trail_of(request: Request) -> AuditTrail:
    """Return the audit trail of a request's application."""
    return services_of(request).trail


def letters_of(request: Request) -> DeadLetterService:
    """Return the dead letters of a request's application."""
    letters = services_of(request).letters
    assert letters  # noqa: S101 - a service that runs has them.
    return letters


async def _catalogue(request: Request) -> CatalogueService:
    return services_of(request).catalogue


async def _pages(request: Request) -> Shared[str, bytes]:
    return services_of(request).pages


async def _editing(request: Request) -> EditingService:
    return services_of(request).editing


async def _categories(request: Request) -> CategoryService:
    return services_of(request).categories


async def _pictures(request: Request) -> PictureService:
    return services_of(request).pictures


async def _comparison(request: Request) -> ComparisonService:
    return services_of(request).comparison


Catalogue = Annotated[CatalogueService, Depends(_catalogue)]
Pages = Annotated[Shared[str, bytes], Depends(_pages)]
Editing = Annotated[EditingService, Depends(_editing)]
Categories = Annotated[CategoryService, Depends(_categories)]
Pictures = Annotated[PictureService, Depends(_pictures)]
Comparison = Annotated[ComparisonService, Depends(_comparison)]
