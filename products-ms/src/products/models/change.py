"""New products and changes that admins request, without I/O and without a clock."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from products.errors import StockMovedError
from products.models.product import Category, Product


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product to add. Names are trimmed and in lower case.

    Attributes:
        categories: The names of its categories.
        id: Its id, None to generate one.
    """

    name: str
    description: str
    price_cents: int
    quantity: int
    categories: tuple[str, ...]
    id: str | None = None

    def product(self, new_id: str, categories: Sequence[Category], now: datetime) -> Product:
        """Return the product in its first version.

        Args:
            new_id: The id to use if none was chosen.
            categories: The categories with the requested names.
            now: The current time.
        """
        return Product(
            id=self.id or new_id,
            name=self.name,
            description=self.description,
            price_cents=self.price_cents,
            quantity=self.quantity,
            categories=tuple(categories),
            archived=False,
            picture=None,
            details_version=1,
            stock_version=1,
            created_at=now,
            updated_at=now,
        )


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a product. None leaves a field unchanged.

    A change of details requires the version that the admin saw. A change of stock is a difference
    and does not.

    Attributes:
        categories: The names of the new categories.
        archived: True to archive the product, False to restore it.
        quantity_delta: How much to add to the stock, negative to remove.
        expected_quantity: The stock that the change of stock requires, None if it requires none.
    """

    name: str | None = None
    description: str | None = None
    price_cents: int | None = None
    categories: tuple[str, ...] | None = None
    archived: bool | None = None
    quantity_delta: int = 0
    expected_quantity: int | None = None

    @property
    def changes_details(self) -> bool:
        """Whether the change affects anything but the stock."""
        fields = (self.name, self.description, self.price_cents, self.categories, self.archived)
        return any(field is not None for field in fields)

    def apply(
        self, product: Product, categories: Sequence[Category] | None, now: datetime
    ) -> Product:
        """Return the changed product, which is the same object if nothing changes.

        Args:
            product: The product.
            categories: The new categories, None to keep the current ones.
            now: The current time.

        Raises:
            StockMovedError: The stock is not the expected one.
            InsufficientStockError: The stock would be negative.
            StockLimitError: The stock would exceed the limit.
        """
        if self.expected_quantity not in {None, product.quantity}:
            raise StockMovedError(product.id, product.quantity)
        edited = replace(
            product,
            name=product.name if self.name is None else self.name,
            description=product.description if self.description is None else self.description,
            price_cents=product.price_cents if self.price_cents is None else self.price_cents,
            categories=product.categories if categories is None else tuple(categories),
            archived=product.archived if self.archived is None else self.archived,
            name_clashes=product.name_clashes and self.name in {None, product.name},
        )
        if edited != product:
            edited = edited.with_new_details(now)
        return edited.with_stock_change(self.quantity_delta, now) if self.quantity_delta else edited


def for_audit(product: Product) -> dict[str, Any]:
    """Return a product's values for the audit trail."""
    values = asdict(product)
    values["categories"] = [category.name for category in product.categories]
    for field in ("id", "created_at", "updated_at", "name_clashes"):
        del values[field]
    return values
