"""What lives as long as the service is built here, and handed down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from products.repositories.categories import CategoryRepository
from products.repositories.listing import ProductListing
from products.repositories.products import ProductRepository
from products.repositories.stubs import StubRepository
from products.services.catalogue import CatalogueService
from products.services.comparison import ComparisonService
from products.services.decisions import DecisionService
from shopkit.clock import Clock, utc_now
from shopkit.health import Check
from shopkit.mongo import Database, Transactions
from shopkit.outbox import HandOver, Outbox

SERVICE = "products-ms"


@dataclass(frozen=True)
class Services:
    """What controllers and consumers call."""

    catalogue: CatalogueService
    decisions: DecisionService
    comparison: ComparisonService
    checks: Mapping[str, Check] = field(default_factory=dict)


def build(
    database: Database, transactions: Transactions, hand_over: HandOver, clock: Clock = utc_now
) -> Services:
    """Return the services on top of a database."""
    products = ProductRepository(database)
    stubs = StubRepository(database)
    outbox = Outbox(database, clock)
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
            transactions=transactions,
            products=products,
            listing=ProductListing(database),
            categories=CategoryRepository(database),
            outbox=outbox,
            hand_over=hand_over,
            clock=clock,
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
    )


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _catalogue(services: Annotated[Services, Depends(_services)]) -> CatalogueService:
    return services.catalogue


def _comparison(services: Annotated[Services, Depends(_services)]) -> ComparisonService:
    return services.comparison


Catalogue = Annotated[CatalogueService, Depends(_catalogue)]
Comparison = Annotated[ComparisonService, Depends(_comparison)]
