"""A product and its rules: no input or output, no clock."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from products.errors import InsufficientStockError, StockLimitError
from shopkit.contract.events import ProductState

STOCK_LIMIT = 1_000_000

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Category:
    """A category."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Product:
    """A product in the catalogue, with its stock.

    Details and stock are counted apart, so that sales do not spoil an admin's edit. `picture` is
    the digest of its picture.
    """

    id: str
    name: str
    description: str
    price_cents: int
    quantity: int
    categories: tuple[Category, ...]
    archived: bool
    picture: str | None
    details_version: int
    stock_version: int
    created_at: datetime
    updated_at: datetime

    @property
    def version(self) -> int:
        """A number that grows with every change."""
        return self.details_version + self.stock_version

    @property
    def state(self) -> ProductState:
        """What events tell of the product."""
        return ProductState(
            id=self.id,
            name=self.name,
            price_cents=self.price_cents,
            quantity=self.quantity,
            archived=self.archived,
            version=self.version,
        )

    def with_stock_change(self, delta: int, now: datetime) -> Self:
        """Return the product with so many more, or fewer, on the shelf.

        Raises:
            InsufficientStockError: There are not so many.
            StockLimitError: There would be more than 1,000,000.
        """
        quantity = self.quantity + delta
        if quantity < 0:
            raise InsufficientStockError(self.id, self.quantity, delta)
        if delta > 0 and quantity > STOCK_LIMIT:
            raise StockLimitError(self.id, STOCK_LIMIT)
        return self.moved(delta, now)

    def moved(self, delta: int, now: datetime) -> Self:
        """Return the product after goods went out or, whatever the limit, came back."""
        return replace(
            self,
            quantity=self.quantity + delta,
            stock_version=self.stock_version + 1,
            updated_at=now,
        )

    def with_new_details(self, now: datetime) -> Self:
        """Return the product with its details counted as changed."""
        return replace(self, details_version=self.details_version + 1, updated_at=now)

    def archived_at(self, now: datetime) -> Self:
        """Return the product archived; the very same where it is already."""
        return self if self.archived else replace(self, archived=True).with_new_details(now)

    def with_picture(self, digest: str, now: datetime) -> Self:
        """Return the product with another picture; the very same where it has it already."""
        if self.picture == digest:
            return self
        return replace(self, picture=digest).with_new_details(now)

    def renamed_category(self, category: Category, now: datetime) -> Self:
        """Return the product with a category's new name."""
        names = tuple(category if one.id == category.id else one for one in self.categories)
        return replace(self, categories=names).with_new_details(now)

    def raised_above(self, version: int) -> Self:
        """Return the product in a version above its own and another."""
        raise_by = max(self.version, version) + 1 - self.version
        return replace(self, stock_version=self.stock_version + raise_by)


def fold(text: str) -> str:
    """Return a text without the difference of letter case and accents.

    Args:
        text: Any Unicode text; it is decomposed (NFKD) and loses its combining marks.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """Return the folded words of a text, in order."""
    return _WORD.findall(fold(text))


def prefixes(texts: Iterable[str]) -> set[str]:
    """Return every beginning of every word of the texts."""
    found = {word for text in texts for word in words(text)}
    return {word[:length] for word in found for length in range(1, len(word) + 1)}


def name_terms(name: str) -> list[str]:
    """Return what finds a product by its name."""
    return sorted(prefixes([name]))


def search_terms(name: str, description: str, categories: Iterable[str]) -> list[str]:
    """Return what finds a product: beginnings of words in names, and the description's words."""
    return sorted(prefixes([name, *categories]) | set(words(description)))
