"""What admins do to products: each change with its event and its entry in the audit trail."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bson import ObjectId

from products.errors import (
    CategoryNotFoundError,
    NameTakenError,
    ProductNotFoundError,
    StaleTagError,
    TagMissingError,
)
from products.models.change import Change, NewProduct, for_audit
from products.models.decision import SOURCE
from products.models.etag import etag, saw_details
from products.models.product import Category, Product
from products.repositories.categories import CategoryRepository
from products.repositories.products import ProductRepository
from products.repositories.snapshots import Snapshots
from shopkit.clock import Clock
from shopkit.contract.events import (
    Event,
    Message,
    ProductCreate,
    ProductsQuantityUpdate,
    ProductUpdate,
)
from shopkit.messaging.outbox import HandOver, Outbox, Row
from shopkit.storage.audit import AuditTrail
from shopkit.storage.mongo import HTTP_SECONDS, Session, Transactions
from shopkit.tracing.context import current_origin

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for a change, what they saw, and the key that makes it once.

    Attributes:
        actor: The admin's e-mail.
        if_match: The header as it came.
        key: The Idempotency-Key.
        fingerprint: What tells two bodies of one key apart.
    """

    actor: str
    if_match: str | None = None
    key: str | None = None
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Edited:
    """A product after a change, made now or by an earlier request of the same key."""

    product: Product
    replayed: bool = False


class EditingService:
    """Adds and changes products."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        products: ProductRepository,
        categories: CategoryRepository,
        snapshots: Snapshots,
        trail: AuditTrail,
        outbox: Outbox,
        hand_over: HandOver,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._products = products
        self._categories = categories
        self._snapshots = snapshots
        self._trail = trail
        self._outbox = outbox
        self._hand_over = hand_over
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    async def create(self, new: NewProduct, *, actor: str) -> Product:
        """Add a product and tell orders-ms of it.

        Raises:
            NameTakenError: Another product, archived ones included, has the name.
            CategoryNotFoundError: A category does not exist.
        """

        async def work(session: Session) -> tuple[Product, list[Row]]:
            await self._check_name(new.name, session)
            categories = await self._resolve(new.categories, session)
            product = new.product(str(ObjectId()), categories, self._clock())
            await self._products.insert(product, session=session)
            rows = await self._tell(None, product, "create product", actor, session)
            return product, rows

        return await self._commit(work)

    async def change(self, product_id: str, change: Change, asked: Asked) -> Edited:
        """Change a product's details, its stock or both, all or nothing.

        Raises:
            ProductNotFoundError: There is no such product.
            TagMissingError: Details are to change, and what was seen is not said.
            StaleTagError: The details have changed since they were seen.
            NameTakenError: Another product has the name.
            CategoryNotFoundError: A category does not exist.
            InsufficientStockError: There are not so many to be taken away.
            StockLimitError: There would be more than a product may have.
            KeyReusedError: The key was used for another body.
        """
        # Only a change of stock is worth a key: details are guarded by their tag.
        key = asked.key if change.quantity_delta else None

        async def work(session: Session) -> tuple[Edited, list[Row]]:
            earlier = await self._snapshots.find(asked.actor, key, asked.fingerprint, session)
            if earlier:
                return Edited(earlier, replayed=True), []
            before = await self._existing(product_id, session)
            if change.of_details:
                _check_seen(before, asked)
            categories = await self._new_categories(change, session)
            after = change.applied(before, categories, self._clock())
            if after.name != before.name:
                await self._check_name(after.name, session)
            rows = await self._put(before, after, "change product", asked.actor, session)
            await self._snapshots.keep(asked.actor, key, asked.fingerprint, after, session)
            return Edited(after), rows

        return await self._commit(work)

    async def archive(self, product_id: str, asked: Asked) -> Product:
        """Take a product out of the shop; past orders and its name keep it.

        Raises:
            ProductNotFoundError: There is no such product.
            TagMissingError: What was seen is not said.
            StaleTagError: The details have changed since they were seen.
        """

        async def work(session: Session) -> tuple[Product, list[Row]]:
            before = await self._existing(product_id, session)
            _check_seen(before, asked)
            after = before.archived_at(self._clock())
            return after, await self._put(before, after, "archive product", asked.actor, session)

        return await self._commit(work)

    async def set_picture(self, product_id: str, digest: str, *, actor: str) -> tuple[Product, str]:
        """Give a product another picture; return it and the digest of the one before, or "".

        Raises:
            ProductNotFoundError: There is no such product.
        """

        async def work(session: Session) -> tuple[tuple[Product, str], list[Row]]:
            before = await self._existing(product_id, session)
            after = before.with_picture(digest, self._clock())
            rows = await self._put(before, after, "change picture", actor, session)
            return (after, before.picture or ""), rows

        return await self._commit(work)

    async def _commit(self, work: Callable[[Session], Awaitable[tuple[T, list[Row]]]]) -> T:
        # Products meet in the categories that they guard: many transactions at the same time
        # would only abort each other until their time is over.
        async with self._one_at_a_time:
            result, rows = await self._transactions.run(work, seconds=HTTP_SECONDS)
        self._hand_over(rows)
        return result

    async def _existing(self, product_id: str, session: Session) -> Product:
        product = await self._products.by_id(product_id, session=session)
        if product is None:
            raise ProductNotFoundError(product_id)
        return product

    async def _check_name(self, name: str, session: Session) -> None:
        if await self._products.by_name(name, session=session):
            raise NameTakenError(name)

    async def _new_categories(self, change: Change, session: Session) -> list[Category] | None:
        if change.categories is None:
            return None
        return await self._resolve(change.categories, session)

    async def _resolve(self, names: Sequence[str], session: Session) -> list[Category]:
        wanted = list(dict.fromkeys(names))
        found = await self._categories.by_names(wanted, session=session)
        missing = [name for name in wanted if name not in {category.name for category in found}]
        if missing:
            raise CategoryNotFoundError(missing)
        await self._categories.guard(found, session=session)
        return found

    async def _put(
        self, before: Product, after: Product, action: str, actor: str, session: Session
    ) -> list[Row]:
        if after == before:
            return []
        await self._products.replace(before, after, session=session)
        return await self._tell(before, after, action, actor, session)

    async def _tell(
        self, before: Product | None, after: Product, action: str, actor: str, session: Session
    ) -> list[Row]:
        rows = [Row(message_of(_event(before, after), after))]
        await self._outbox.add(rows, session=session)
        await self._trail.add(
            actor=actor,
            action=action,
            subject=after.id,
            before=for_audit(before) if before else None,
            after=for_audit(after),
            at=after.updated_at,
            session=session,
        )
        return rows


def _check_seen(product: Product, asked: Asked) -> None:
    seen = saw_details(asked.if_match)
    if seen is None:
        raise TagMissingError(product.id)
    if product.details_version not in seen:
        raise StaleTagError(product.id, etag(product))


def _event(before: Product | None, after: Product) -> Event:
    if before is None:
        return ProductCreate(product=after.state)
    if before.details_version == after.details_version:
        return ProductsQuantityUpdate(products=(after.state,))
    return ProductUpdate(product=after.state)


def message_of(event: Event, product: Product) -> Message:
    """Return the message of an event about a product, of the present request."""
    return Message.of(event, source=SOURCE, time=product.updated_at, origin=current_origin())
