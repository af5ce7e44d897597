"""Lists of products: filters, order and pages."""

from dataclasses import dataclass
from enum import StrEnum

from products.models.product import Category, Product
from products.models.search_terms import words


class Sort(StrEnum):
    """The orders of a list. A minus means descending."""

    NAME = "name"
    NAME_DESCENDING = "-name"
    PRICE = "price"
    PRICE_DESCENDING = "-price"
    STOCK = "stock"
    STOCK_DESCENDING = "-stock"
    NEWEST = "newest"

    @property
    def field(self) -> str:
        """The stored field."""
        return _FIELDS[self.lstrip("-")]

    @property
    def direction(self) -> int:
        """1 for ascending, -1 for descending."""
        return -1 if self.startswith("-") or self is Sort.NEWEST else 1


_FIELDS = {
    "name": "name",
    "price": "price_cents",
    "stock": "quantity",
    "newest": "created_at",
}


@dataclass(frozen=True, slots=True)
class ProductQuery:
    """Conditions that a product must all meet, and the order. None means no condition.

    Attributes:
        text: Words to search for.
        ids: Ids to select, including archived products.
        sort: The order, None for the default one.
        archived: Which products to select: those that are not archived, those that are, or both.
    """

    name: str | None = None
    category: Category | None = None
    text: str = ""
    ids: tuple[str, ...] | None = None
    min_price_cents: int | None = None
    max_price_cents: int | None = None
    max_stock: int | None = None
    in_stock: bool = False
    sort: Sort | None = None
    archived: tuple[bool, ...] = (False,)

    @property
    def words(self) -> list[str]:
        """The words to search for."""
        return words(self.text)

    @property
    def name_first(self) -> bool:
        """Whether products that match by name come before the others."""
        return bool(self.words) and self.sort is None

    @property
    def order(self) -> Sort:
        """The order, which is by name by default."""
        return self.sort or Sort.NAME


@dataclass(frozen=True, slots=True)
class ProductPage:
    """A page of products.

    Attributes:
        products: The products.
        next_cursor: The cursor of the next page, None on the last page.
        total: The number of products in the list, at most 1,000.
        total_capped: Whether there are more.
    """

    products: list[Product]
    next_cursor: str | None
    total: int
    total_capped: bool
