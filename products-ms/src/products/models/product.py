"""A product and its rules, without I/O and without a clock."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from products.errors import InsufficientStockError, StockLimitError
from shopkit.contract.events import ProductState

STOCK_LIMIT = 1_000_000
CATEGORY_LIMIT = 1_000
"""The maximum number of categories."""


@dataclass(frozen=True, slots=True)
class Category:
    """A category.

    Attributes:
        version: A number that grows with every new name.
    """

    id: str
    name: str
    version: int = 0

    def renamed(self, name: str) -> Self:
        """Return the category with a new name."""
        return replace(self, name=name, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class Product:
    """A product and its stock.

    Details and stock have separate versions, so that sales do not disturb an admin's edit.

    Attributes:
        picture: The id of the product's picture.
        details_version: A number that grows with every change of the details.
        stock_version: A number that grows with every change of the stock.
        name_clashes: Whether an older product has the same name. Names were compared less strictly
            in the past.
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
    name_clashes: bool = False

    @property
    def names_version(self) -> int:
        """A number that grows with every new name of one of the categories.

        It can only be compared between products with the same version of their details.
        """
        return sum(category.version for category in self.categories)

    @property
    def version(self) -> int:
        """A number that grows with every change."""
        return self.details_version + self.stock_version

    @property
    def state(self) -> ProductState:
        """The product as events contain it."""
        return ProductState(
            id=self.id,
            name=self.name,
            price_cents=self.price_cents,
            quantity=self.quantity,
            archived=self.archived,
            version=self.version,
        )

    def with_stock_change(self, delta: int, now: datetime) -> Self:
        """Return the product with its stock changed by an admin.

        Raises:
            InsufficientStockError: The stock would be negative.
            StockLimitError: The stock would exceed 1,000,000.
        """
        quantity = self.quantity + delta
        if quantity < 0:
            raise InsufficientStockError(self.id, self.quantity, delta)
        if delta > 0 and quantity > STOCK_LIMIT:
            raise StockLimitError(self.id, STOCK_LIMIT)
        return replace(
            self, quantity=quantity, stock_version=self.stock_version + 1, updated_at=now
        )

    def with_new_details(self, now: datetime) -> Self:
        """Return the product with the next version of its details."""
        return replace(self, details_version=self.details_version + 1, updated_at=now)

    def archived_at(self, now: datetime) -> Self:
        """Return the archived product, which is the same object if it is already archived."""
        return self if self.archived else replace(self, archived=True).with_new_details(now)

    def with_picture(self, picture_id: str, now: datetime) -> Self:
        """Return the product with another picture."""
        return replace(self, picture=picture_id).with_new_details(now)

    def with_version_above(self, version: int) -> Self:
        """Return the product with a version above its own and another version."""
        increment = max(self.version, version) + 1 - self.version
        return replace(self, stock_version=self.stock_version + increment)


def after_stock_change(state: ProductState, delta: int) -> ProductState:
    """Return the state of a product after a sale or a return. No limit applies to returns."""
    return state.model_copy(
        update={"quantity": state.quantity + delta, "version": state.version + 1}
    )
