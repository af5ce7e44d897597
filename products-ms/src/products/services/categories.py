"""Lets admins add, rename and delete categories."""

from bson import ObjectId

from products.errors import (
    CategoryInUseError,
    CategoryLimitError,
    CategoryNotFoundError,
    CategoryTakenError,
)
from products.models.product import CATEGORY_LIMIT, Category
from products.repositories.categories import CategoryRepository
from products.repositories.products import ProductRepository
from shopkit.clock import Clock
from shopkit.identity import Actor
from shopkit.storage.audit import AuditTrail
from shopkit.storage.unit_of_work import HTTP_SECONDS, Transactions, UnitOfWork


class CategoryService:
    """Adds, renames and deletes categories."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        products: ProductRepository,
        categories: CategoryRepository,
        trail: AuditTrail,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._products = products
        self._categories = categories
        self._trail = trail
        self._clock = clock

    async def add(self, name: str, *, actor: Actor) -> Category:
        """Add a category.

        Raises:
            CategoryTakenError: Another category has the name.
            CategoryLimitError: There are as many categories as there can be.
        """

        async def work(unit: UnitOfWork) -> Category:
            category = Category(str(ObjectId()), name)
            await self._check_free(category, unit)
            if await self._categories.count(session=unit.session) >= CATEGORY_LIMIT:
                raise CategoryLimitError(CATEGORY_LIMIT)
            await self._categories.insert(category, session=unit.session)
            await self._audit(actor, "create category", None, category, unit)
            return category

        return await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def rename(self, category_id: str, new_name: str, *, actor: Actor) -> Category:
        """Rename a category.

        Products show the new name at once. `RefreshService` updates what they repeat of it.

        Raises:
            CategoryNotFoundError: The category does not exist.
            CategoryTakenError: Another category has the new name.
        """

        async def work(unit: UnitOfWork) -> Category:
            before = await self._get(category_id, unit)
            if new_name == before.name:
                return before
            after = before.renamed(new_name)
            await self._check_free(after, unit)
            await self._categories.rename(after, session=unit.session)
            await self._audit(actor, "rename category", before, after, unit)
            return after

        return await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def delete(self, category_id: str, *, actor: Actor) -> None:
        """Delete a category that no product has.

        Raises:
            CategoryNotFoundError: The category does not exist.
            CategoryInUseError: A product, possibly an archived one, has the category.
        """

        async def work(unit: UnitOfWork) -> None:
            category = await self._get(category_id, unit)
            if await self._products.is_category_used(category.id, session=unit.session):
                raise CategoryInUseError(category.name)
            await self._categories.delete(category.id, session=unit.session)
            await self._audit(actor, "delete category", category, None, unit)

        await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def _get(self, category_id: str, unit: UnitOfWork) -> Category:
        category = await self._categories.find_by_id(category_id, session=unit.session)
        if category is None:
            raise CategoryNotFoundError(category_id)
        return category

    async def _check_free(self, category: Category, unit: UnitOfWork) -> None:
        if await self._categories.is_name_taken(category, session=unit.session):
            raise CategoryTakenError(category.name)

    async def _audit(
        self,
        actor: Actor,
        action: str,
        before: Category | None,
        after: Category | None,
        unit: UnitOfWork,
    ) -> None:
        subject = after or before
        await self._trail.add(
            actor=actor,
            action=action,
            subject=subject.id if subject else "",
            before={"name": before.name} if before else None,
            after={"name": after.name} if after else None,
            at=self._clock(),
            session=unit.session,
        )
