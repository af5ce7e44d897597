"""Lets admins add and change products. Each change has an event and an audit entry."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bson import ObjectId

from products.errors import (
    CategoriesNotFoundError,
    NameTakenError,
    ProductNotFoundError,
    StaleVersionError,
    VersionRequiredError,
)
from products.models.change import Change, NewProduct, for_audit
from products.models.decision import SOURCE
from products.models.product import Category, Product
from products.repositories.categories import CategoryRepository
from products.repositories.products import ProductRepository
from products.repositories.snapshots import SnapshotRepository
from shopkit.clock import Clock
from shopkit.contract.events import ProductCreate, ProductsQuantityUpdate, ProductUpdate
from shopkit.identity import Actor
from shopkit.messaging.envelope import Event, wrap
from shopkit.storage.audit import AuditTrail
from shopkit.storage.unit_of_work import HTTP_SECONDS, Message, Transactions, UnitOfWork
from shopkit.tracing.context import current_trace_context

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EditRequest:
    """Who requests a change, and under which conditions.

    Attributes:
        actor: Who makes the change.
        seen_versions: The versions of the details, and of the names of the categories, that the
            admin saw. None if unknown.
        key: The idempotency key.
        fingerprint: A hash of the request, to detect a key that is reused.
    """

    actor: Actor
    seen_versions: Sequence[tuple[int, int]] | None = None
    key: str | None = None
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class EditedProduct:
    """A product after a change.

    Attributes:
        product: The product.
        changed: Whether anything has changed.
        replayed: Whether an earlier request with the same key made the change.
    """

    product: Product
    changed: bool = True
    replayed: bool = False


class EditingService:
    """Adds and changes products."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        products: ProductRepository,
        categories: CategoryRepository,
        snapshots: SnapshotRepository,
        trail: AuditTrail,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._products = products
        self._categories = categories
        self._snapshots = snapshots
        self._trail = trail
        self._clock = clock
        self._lock = asyncio.Lock()

    async def create(self, new: NewProduct, *, actor: Actor) -> Product:
        """Add a product.

        Raises:
            NameTakenError: Another product, possibly an archived one, has the name.
            CategoriesNotFoundError: A category does not exist.
        """

        async def work(unit: UnitOfWork) -> Product:
            await self._check_name(new.name, unit)
            categories = await self._get_categories(new.categories, unit)
            product = new.product(str(ObjectId()), categories, self._clock())
            await self._products.insert(product, session=unit.session)
            unit.publish(product_message(ProductCreate(product=product.state), product))
            await self._audit(actor, "create product", None, product, unit)
            return product

        return await self._run(work)

    async def change(self, product_id: str, change: Change, request: EditRequest) -> EditedProduct:
        """Change a product's details, its stock or both, all or nothing.

        Raises:
            ProductNotFoundError: The product does not exist.
            VersionRequiredError: The details change, and the seen version is unknown.
            StaleVersionError: The details have changed since the admin saw them.
            NameTakenError: Another product has the name.
            CategoriesNotFoundError: A category does not exist.
            InsufficientStockError: The stock would be negative.
            StockMovedError: The stock is not the expected one.
            StockLimitError: The stock would exceed the limit.
            KeyReusedError: The key was used for a different request.
        """
        key = request.key

        async def work(unit: UnitOfWork) -> EditedProduct:
            if key and (product := await self._find_snapshot(key, request, unit)):
                return EditedProduct(product, replayed=True)
            before = await self._get(product_id, unit)
            if change.changes_details:
                _check_version(before, request)
            categories = None
            if change.categories is not None:
                categories = await self._get_categories(change.categories, unit)
            after = change.apply(before, categories, self._clock())
            if after.name != before.name:
                await self._check_name(after.name, unit, except_id=product_id)
            action = "archive product" if change.archived else "change product"
            await self._replace(before, after, action, request.actor, unit)
            if key and after != before:
                await self._snapshots.insert(
                    request.actor, key, request.fingerprint, after, session=unit.session
                )
            return EditedProduct(after, changed=after != before)

        return await self._run(work)

    async def archive(self, product_id: str, request: EditRequest) -> Product:
        """Archive a product. It can be restored, and past orders keep it.

        Raises:
            ProductNotFoundError: The product does not exist.
            VersionRequiredError: The seen version is unknown.
            StaleVersionError: The details have changed since the admin saw them.
        """

        async def work(unit: UnitOfWork) -> Product:
            before = await self._get(product_id, unit)
            _check_version(before, request)
            after = before.archived_at(self._clock())
            await self._replace(before, after, "archive product", request.actor, unit)
            return after

        return await self._run(work)

    async def set_picture(self, product_id: str, picture_id: str, *, actor: Actor) -> Product:
        """Set a product's picture.

        Raises:
            ProductNotFoundError: The product does not exist.
        """

        async def work(unit: UnitOfWork) -> Product:
            before = await self._get(product_id, unit)
            after = before.with_picture(picture_id, self._clock())
            await self._replace(before, after, "change picture", actor, unit)
            return after

        return await self._run(work)

    async def _run(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        # Edits write to the categories of their products. Many concurrent edits in one category
        # would abort each other until their time is up.
        async with self._lock:
            return await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def _find_snapshot(
        self, key: str, request: EditRequest, unit: UnitOfWork
    ) -> Product | None:
        return await self._snapshots.find(
            request.actor, key, request.fingerprint, session=unit.session
        )

    async def _get(self, product_id: str, unit: UnitOfWork) -> Product:
        product = await self._products.find_by_id(product_id, session=unit.session)
        if product is None:
            raise ProductNotFoundError(product_id)
        return product

    async def _check_name(
        self, name: str, unit: UnitOfWork, *, except_id: str | None = None
    ) -> None:
        if await self._products.is_name_taken(name, except_id=except_id, session=unit.session):
            raise NameTakenError(name)

    async def _get_categories(self, names: Sequence[str], unit: UnitOfWork) -> list[Category]:
        found = await self._categories.find_by_names(names, session=unit.session)
        missing = [name for name, category in found.items() if category is None]
        if missing:
            raise CategoriesNotFoundError(missing)
        categories = list(dict.fromkeys(filter(None, found.values())))
        await self._categories.guard(categories, session=unit.session)
        return categories

    async def _replace(
        self, before: Product, after: Product, action: str, actor: Actor, unit: UnitOfWork
    ) -> None:
        if after == before:
            return
        await self._products.replace(before, after, session=unit.session)
        unit.publish(product_message(_change_event(before, after), after))
        await self._audit(actor, action, before, after, unit)

    async def _audit(
        self, actor: Actor, action: str, before: Product | None, after: Product, unit: UnitOfWork
    ) -> None:
        await self._trail.add(
            actor=actor,
            action=action,
            subject=after.id,
            before=for_audit(before) if before else None,
            after=for_audit(after),
            at=after.updated_at,
            session=unit.session,
        )


def _check_version(product: Product, request: EditRequest) -> None:
    if request.seen_versions is None:
        raise VersionRequiredError(product.id)
    if (product.details_version, product.names_version) not in request.seen_versions:
        raise StaleVersionError(
            product.id, product.details_version, product.stock_version, product.names_version
        )


def _change_event(before: Product, after: Product) -> Event:
    if before.details_version == after.details_version:
        return ProductsQuantityUpdate(products=(after.state,))
    return ProductUpdate(product=after.state)


def product_message(event: Event, product: Product) -> Message:
    """Return the message of a product's event, caused by the current request."""
    return wrap(
        event, source=SOURCE, time=product.updated_at, trace_context=current_trace_context()
    )
