"""What a list of products is asked for."""

from dataclasses import dataclass
from enum import StrEnum

from products.models.product import Category, words


class Sort(StrEnum):
    """The orders in which products can be listed."""

    NAME = "name"
    NAME_DESCENDING = "-name"
    PRICE = "price"
    PRICE_DESCENDING = "-price"
    STOCK = "stock"
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
    """Filters that all have to hold, and the order; None where nothing is asked."""

    name: str | None = None
    category: Category | None = None
    text: str = ""
    ids: tuple[str, ...] | None = None
    min_price_cents: int | None = None
    max_price_cents: int | None = None
    max_stock: int | None = None
    in_stock: bool = False
    sort: Sort | None = None
    archived_too: bool = False

    @property
    def words(self) -> list[str]:
        """The words that are looked for."""
        return words(self.text)

    @property
    def name_first(self) -> bool:
        """Whether hits in the name come before others."""
        return bool(self.words) and self.sort is None

    @property
    def order(self) -> Sort:
        """The order, by name where none is asked for."""
        return self.sort or Sort.NAME
