"""What admins do to categories."""

from dataclasses import replace

from bson import ObjectId

from products.errors import CategoryInUseError, CategoryNotFoundError, CategoryTakenError
from products.models.product import Category
from products.repositories.categories import CategoryRepository
from products.repositories.products import ProductRepository
from products.services.editing import message_of
from shopkit.clock import Clock
from shopkit.contract.events import ProductUpdate
from shopkit.messaging.outbox import HandOver, Outbox, Row
from shopkit.storage.audit import AuditTrail
from shopkit.storage.mongo import HTTP_SECONDS, Session, Transactions


class CategoryService:
    """Adds, renames and deletes categories."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        products: ProductRepository,
        categories: CategoryRepository,
        trail: AuditTrail,
        outbox: Outbox,
        hand_over: HandOver,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._products = products
        self._categories = categories
        self._trail = trail
        self._outbox = outbox
        self._hand_over = hand_over
        self._clock = clock

    async def add(self, name: str, *, actor: str) -> Category:
        """Add a category.

        Raises:
            CategoryTakenError: There is one of this name.
        """

        async def work(session: Session) -> Category:
            await self._check_free(name, session)
            category = Category(str(ObjectId()), name)
            await self._categories.insert(category, session=session)
            await self._note(actor, "create category", None, category, session)
            return category

        return await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def rename(self, name: str, new_name: str, *, actor: str) -> Category:
        """Rename a category, for all products that have it.

        Raises:
            CategoryNotFoundError: There is none of this name.
            CategoryTakenError: There is one of the new name.
        """

        async def work(session: Session) -> tuple[Category, list[Row]]:
            before = await self._existing(name, session)
            if new_name == name:
                return before, []
            await self._check_free(new_name, session)
            after = replace(before, name=new_name)
            await self._categories.rename(after, session=session)
            await self._note(actor, "rename category", before, after, session)
            return after, await self._rename_in_products(after, session)

        category, rows = await self._transactions.run(work, seconds=HTTP_SECONDS)
        self._hand_over(rows)
        return category

    async def delete(self, name: str, *, actor: str) -> None:
        """Delete a category that no product has, not even an archived one.

        Raises:
            CategoryNotFoundError: There is none of this name.
            CategoryInUseError: A product has it.
        """

        async def work(session: Session) -> None:
            category = await self._existing(name, session)
            if await self._products.has_any_in(category.id, session=session):
                raise CategoryInUseError(name)
            await self._categories.delete(category.id, session=session)
            await self._note(actor, "delete category", category, None, session)

        await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def _existing(self, name: str, session: Session) -> Category:
        category = await self._categories.by_name(name, session=session)
        if category is None:
            raise CategoryNotFoundError([name])
        return category

    async def _check_free(self, name: str, session: Session) -> None:
        if await self._categories.by_name(name, session=session):
            raise CategoryTakenError(name)

    async def _rename_in_products(self, category: Category, session: Session) -> list[Row]:
        rows: list[Row] = []
        now = self._clock()
        for before in await self._products.in_category(category.id, session=session):
            after = before.renamed_category(category, now)
            await self._products.replace(before, after, session=session)
            rows.append(Row(message_of(ProductUpdate(product=after.state), after)))
        await self._outbox.add(rows, session=session)
        return rows

    async def _note(
        self,
        actor: str,
        action: str,
        before: Category | None,
        after: Category | None,
        session: Session,
    ) -> None:
        subject = after or before
        await self._trail.add(
            actor=actor,
            action=action,
            subject=subject.id if subject else "",
            before={"name": before.name} if before else None,
            after={"name": after.name} if after else None,
            at=self._clock(),
            session=session,
        )
