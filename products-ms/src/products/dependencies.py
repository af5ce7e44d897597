"""Wires services to their dependencies, and provides them to the controllers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from products.repositories.catalogue_changes import CatalogueChanges
from products.repositories.categories import CategoryRepository
from products.repositories.decisions import DecisionRepository
from products.repositories.listing import ProductListing
from products.repositories.name_order import DEFAULT_LANGUAGE
from products.repositories.pictures import PictureRepository
from products.repositories.products import ProductRepository
from products.repositories.snapshots import SnapshotRepository
from products.services.bulk_editing import BulkEditingService
from products.services.catalogue import CatalogueService
from products.services.categories import CategoryService
from products.services.comparison import ComparisonService
from products.services.decisions import DecisionService
from products.services.editing import EditingService
from products.services.picture_collector import PictureCollector
from products.services.picture_reader import PictureReader
from products.services.pictures import PictureService
from products.services.ready_pages import ReadyPages
from products.services.refresh import RefreshService
from shopkit.checks import Check
from shopkit.clock import Clock, utc_now
from shopkit.messaging.dead_letter_service import DeadLetterService
from shopkit.storage.audit import AuditTrail
from shopkit.storage.database_identity import DatabaseIdentity
from shopkit.storage.idempotency import IdempotencyKeys
from shopkit.storage.job_leases import JobLeases
from shopkit.storage.mongo import Database
from shopkit.storage.unit_of_work import Transactions


@dataclass(frozen=True)
class Services:
    """The services that controllers and consumers call.

    Attributes:
        pages: Answers known pages of the catalogue from ready bytes.
        clock: The clock of the database.
        dead_letters: None until the consumers run.
        checks: The readiness checks, empty until the consumers run.
    """

    catalogue: CatalogueService
    editing: EditingService
    bulk_editing: BulkEditingService
    categories: CategoryService
    pictures: PictureService
    picture_collector: PictureCollector
    decisions: DecisionService
    comparison: ComparisonService
    refresh: RefreshService
    pages: ReadyPages
    trail: AuditTrail
    clock: Clock
    dead_letters: DeadLetterService | None = None
    checks: Mapping[str, Check] = field(default_factory=dict)


def build(
    database: Database,
    transactions: Transactions,
    clock: Clock = utc_now,
    language: str = DEFAULT_LANGUAGE,
) -> Services:
    """Return the services for a database.

    Args:
        database: The database.
        transactions: Runs the units of work.
        clock: The clock.
        language: The language by whose rules names are sorted.
    """
    products = ProductRepository(database)
    categories = CategoryRepository(database, language)
    decisions = DecisionRepository(database)
    pictures = PictureRepository(database)
    trail = AuditTrail(database)
    editing = EditingService(
        transactions=transactions,
        products=products,
        categories=categories,
        snapshots=SnapshotRepository(IdempotencyKeys(database), clock),
        trail=trail,
        clock=clock,
    )
    decision_service = DecisionService(
        transactions=transactions, products=products, decisions=decisions, clock=clock
    )
    return Services(
        catalogue=CatalogueService(
            products=products,
            listing=ProductListing(database, language),
            categories=categories,
        ),
        editing=editing,
        bulk_editing=BulkEditingService(editing),
        categories=CategoryService(
            transactions=transactions,
            products=products,
            categories=categories,
            trail=trail,
            clock=clock,
        ),
        pictures=PictureService(
            products=products, pictures=pictures, reader=PictureReader(), editing=editing
        ),
        picture_collector=PictureCollector(products=products, pictures=pictures, clock=clock),
        decisions=decision_service,
        comparison=ComparisonService(
            transactions=transactions,
            products=products,
            decisions=decisions,
            decision_service=decision_service,
            identity=DatabaseIdentity(database),
            clock=clock,
        ),
        refresh=RefreshService(
            products=products, categories=categories, leases=JobLeases(database)
        ),
        pages=ReadyPages(CatalogueChanges(database)),
        trail=trail,
        clock=clock,
    )


async def _get_services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


_Services = Annotated[Services, Depends(_get_services)]


async def _get_catalogue(services: _Services) -> CatalogueService:
    return services.catalogue


async def _get_pages(services: _Services) -> ReadyPages:
    return services.pages


async def _get_editing(services: _Services) -> EditingService:
    return services.editing


async def _get_bulk_editing(services: _Services) -> BulkEditingService:
    return services.bulk_editing


async def _get_categories(services: _Services) -> CategoryService:
    return services.categories


async def _get_pictures(services: _Services) -> PictureService:
    return services.pictures


async def _get_comparison(services: _Services) -> ComparisonService:
    return services.comparison


Catalogue = Annotated[CatalogueService, Depends(_get_catalogue)]
Pages = Annotated[ReadyPages, Depends(_get_pages)]
Editing = Annotated[EditingService, Depends(_get_editing)]
BulkEditing = Annotated[BulkEditingService, Depends(_get_bulk_editing)]
Categories = Annotated[CategoryService, Depends(_get_categories)]
Pictures = Annotated[PictureService, Depends(_get_pictures)]
Comparison = Annotated[ComparisonService, Depends(_get_comparison)]
