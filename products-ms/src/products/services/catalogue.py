"""The catalogue as it is looked at."""

from dataclasses import dataclass, replace

from products.errors import CategoryNotFoundError, ProductNotFoundError
from products.models.product import Category, Product
from products.models.query import ProductQuery
from products.repositories.categories import CategoryRepository
from products.repositories.listing import TOTAL_CAP, ProductListing
from products.repositories.products import ProductRepository


@dataclass(frozen=True, slots=True)
class ProductPage:
    """A part of a list of products; `total` is counted to 1,000."""

    products: list[Product]
    next_cursor: str | None
    total: int
    total_capped: bool


class CatalogueService:
    """Shows products and categories."""

    def __init__(
        self,
        *,
        products: ProductRepository,
        listing: ProductListing,
        categories: CategoryRepository,
    ) -> None:
        self._products = products
        self._listing = listing
        self._categories = categories

    async def categories(self) -> list[Category]:
        """Return all categories by name."""
        return await self._categories.all()

    async def product(self, product_id: str) -> Product:
        """Return a product, archived or not.

        Raises:
            ProductNotFoundError: There is none of this id.
        """
        product = await self._products.by_id(product_id)
        if product is None:
            raise ProductNotFoundError(product_id)
        return product

    async def page(
        self, query: ProductQuery, category: str | None, *, limit: int, cursor: str | None
    ) -> ProductPage:
        """Return a part of the list of products.

        Args:
            query: The filters and the order.
            category: A category's name, to be resolved.
            limit: The most products, 1 to 100.
            cursor: Where to begin, None for the beginning.

        Raises:
            CategoryNotFoundError: There is no such category.
            ProductNotFoundError: A name was asked for that no product has.
            InvalidCursorError: The cursor belongs to another list.
        """
        if category is not None:
            query = replace(query, category=await self._category(category))
        products, next_cursor = await self._listing.page(query, limit=limit, cursor=cursor)
        if query.name is not None and not products:
            raise ProductNotFoundError(query.name)
        whole = cursor is None and next_cursor is None
        total = len(products) if whole else await self._listing.count(query)
        return ProductPage(products, next_cursor, min(total, TOTAL_CAP), total > TOTAL_CAP)

    async def _category(self, name: str) -> Category:
        category = await self._categories.by_name(name)
        if category is None:
            raise CategoryNotFoundError([name])
        return category
