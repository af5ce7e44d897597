"""What an admin wants of a product, and what becomes of it: no input or output, no clock."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from products.models.product import Category, Product


@dataclass(frozen=True, slots=True)
class NewProduct:
    """What an admin says of a product to be added; names are trimmed and in lower case."""

    name: str
    description: str
    price_cents: int
    quantity: int
    categories: tuple[str, ...]
    id: str | None = None

    def product(self, new_id: str, categories: Sequence[Category], now: datetime) -> Product:
        """Return the product in its first version.

        Args:
            new_id: Its id, where none was chosen.
            categories: Its categories, found by their names.
            now: The time.
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
    """What an admin wants changed; None where a field is to stay.

    Details are changed as they were seen, so they need the tag that was seen with them. A change
    of stock is a difference, which needs none.
    """

    name: str | None = None
    description: str | None = None
    price_cents: int | None = None
    categories: tuple[str, ...] | None = None
    restore: bool = False
    quantity_delta: int = 0

    @property
    def of_details(self) -> bool:
        """Whether it changes anything but the stock."""
        fields = (self.name, self.description, self.price_cents, self.categories)
        return self.restore or any(field is not None for field in fields)

    def applied(
        self, product: Product, categories: Sequence[Category] | None, now: datetime
    ) -> Product:
        """Return the product changed; the very same where nothing differs.

        Args:
            product: As it is.
            categories: Its new categories, None to keep them.
            now: The time.

        Raises:
            InsufficientStockError: There are not so many to be taken away.
            StockLimitError: There would be more than a product may have.
        """
        edited = replace(
            product,
            name=product.name if self.name is None else self.name,
            description=product.description if self.description is None else self.description,
            price_cents=product.price_cents if self.price_cents is None else self.price_cents,
            categories=product.categories if categories is None else tuple(categories),
            archived=product.archived and not self.restore,
        )
        if edited != product:
            edited = edited.with_new_details(now)
        return edited.with_stock_change(self.quantity_delta, now) if self.quantity_delta else edited


def for_audit(product: Product) -> dict[str, Any]:
    """Return what the audit trail keeps of a product."""
    kept = asdict(product)
    kept["categories"] = [category.name for category in product.categories]
    for uninteresting in ("id", "created_at", "updated_at"):
        del kept[uninteresting]
    return kept
