"""Lets admins add, rename and delete categories."""

from dataclasses import replace

from bson import ObjectId

from products.errors import CategoryInUseError, CategoryNotFoundError, CategoryTakenError
from products.models.product import Category
from products.repositories.categories import CategoryRepository
from products.repositories.products import ProductRepository
from products.services.editing import product_message
from shopkit.clock import Clock
from shopkit.contract.events import ProductUpdate
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

    async def add(self, name: str, *, actor: str) -> Category:
        """Add a category.

        Raises:
            CategoryTakenError: Another category has the name.
        """

        async def work(unit: UnitOfWork) -> Category:
            await self._check_free(name, unit)
            category = Category(str(ObjectId()), name)
            await self._categories.insert(category, session=unit.session)
            await self._audit(actor, "create category", None, category, unit)
            return category

        return await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def rename(self, name: str, new_name: str, *, actor: str) -> Category:
        """Rename a category in all its products.

        Raises:
            CategoryNotFoundError: The category does not exist.
            CategoryTakenError: Another category has the new name.
        """

        async def work(unit: UnitOfWork) -> Category:
            before = await self._get(name, unit)
            if new_name == name:
                return before
            await self._check_free(new_name, unit)
            after = replace(before, name=new_name)
            await self._categories.rename(after, session=unit.session)
            await self._audit(actor, "rename category", before, after, unit)
            await self._rename_in_products(after, unit)
            return after

        return await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def delete(self, name: str, *, actor: str) -> None:
        """Delete a category that no product has.

        Raises:
            CategoryNotFoundError: The category does not exist.
            CategoryInUseError: A product, possibly an archived one, has the category.
        """

        async def work(unit: UnitOfWork) -> None:
            category = await self._get(name, unit)
            if await self._products.is_category_used(category.id, session=unit.session):
                raise CategoryInUseError(name)
            await self._categories.delete(category.id, session=unit.session)
            await self._audit(actor, "delete category", category, None, unit)

        await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def _get(self, name: str, unit: UnitOfWork) -> Category:
        category = await self._categories.find_by_name(name, session=unit.session)
        if category is None:
            raise CategoryNotFoundError([name])
        return category

    async def _check_free(self, name: str, unit: UnitOfWork) -> None:
        if await self._categories.find_by_name(name, session=unit.session):
            raise CategoryTakenError(name)

    async def _rename_in_products(self, category: Category, unit: UnitOfWork) -> None:
        now = self._clock()
        for before in await self._products.find_in_category(category.id, session=unit.session):
            after = before.renamed_category(category, now)
            await self._products.replace(before, after, session=unit.session)
            unit.publish(product_message(ProductUpdate(product=after.state), after))

    async def _audit(
        self,
        actor: str,
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
