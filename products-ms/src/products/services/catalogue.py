"""Lets visitors browse products and categories."""

from dataclasses import replace

from products.errors import CategoriesNotFoundError, ProductNotFoundError
from products.models.product import Category, Product
from products.models.query import ProductPage, ProductQuery
from products.repositories.categories import CategoryRepository
from products.repositories.listing import TOTAL_LIMIT, ProductListing
from products.repositories.products import ProductRepository


class CatalogueService:
    """Reads products and categories."""

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
        """Return all categories, ordered by name."""
        return await self._categories.all()

    async def get(self, product_id: str) -> Product:
        """Return a product, archived or not.

        Raises:
            ProductNotFoundError: It does not exist.
        """
        product = await self._products.find_by_id(product_id)
        if product is None:
            raise ProductNotFoundError(product_id)
        return product

    async def page(
        self, query: ProductQuery, category_name: str | None, *, limit: int, cursor: str | None
    ) -> ProductPage:
        """Return a page of products.

        Args:
            query: The filters and the order.
            category_name: The name of a category to filter by.
            limit: The maximum number of products, 1 to 100.
            cursor: The cursor of the page before, or None for the first page.

        Raises:
            CategoriesNotFoundError: The category does not exist.
            ProductNotFoundError: No product has the exact name to filter by.
            InvalidCursorError: The cursor does not belong to this list.
        """
        if category_name is not None:
            query = replace(query, category=await self._get_category(category_name))
        products, next_cursor = await self._listing.page(query, limit=limit, cursor=cursor)
        if query.name is not None and not products:
            raise ProductNotFoundError(query.name)
        # If two products have the name, the one that is spelled exactly like it is preferred.
        products = [product for product in products if product.name == query.name] or products
        complete = cursor is None and next_cursor is None
        total = len(products) if complete else await self._listing.count(query)
        return ProductPage(products, next_cursor, min(total, TOTAL_LIMIT), total > TOTAL_LIMIT)

    async def _get_category(self, name: str) -> Category:
        category = await self._categories.find_by_name(name)
        if category is None:
            raise CategoriesNotFoundError([name])
        return category
