"""The errors of products-ms. Each exception keeps the ids that its error concerns."""

from collections.abc import Sequence


class NameTakenError(Exception):
    """Another product has the name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is already a product named {name}.")
        self.name = name

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the invalid field."""
        return [("product.name", str(self))]


class ProductNotFoundError(Exception):
    """The product does not exist."""

    def __init__(self, product: str) -> None:
        super().__init__(f"There is no product {product}.")
        self.product = product


class CategoryNotFoundError(Exception):
    """The category does not exist."""

    def __init__(self, category_id: str) -> None:
        super().__init__(f"There is no category {category_id}.")
        self.category_id = category_id


class CategoriesNotFoundError(Exception):
    """No categories have some of the names."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"These categories do not exist: {', '.join(names)}.")
        self.names = names

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the invalid field."""
        return [("categories", str(self))]


class CategoryTakenError(Exception):
    """Another category has the name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is already a category named {name}.")
        self.name = name

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the invalid field."""
        return [("name", str(self))]


class CategoryLimitError(Exception):
    """There are as many categories as there can be."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"There can be at most {limit:,} categories. Delete one first.")
        self.limit = limit


class CategoryInUseError(Exception):
    """Products, possibly archived ones, have the category."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The category {name} is in use. Remove it from all products first.")
        self.name = name


class VersionRequiredError(Exception):
    """A change of details does not say which version of them the admin saw."""

    def __init__(self, product_id: str) -> None:
        super().__init__("Send the product's ETag in If-Match, so that no edit is lost.")
        self.product_id = product_id


class StaleVersionError(Exception):
    """The details have changed since the admin saw them.

    Attributes:
        product_id: The product.
        details_version: The current version of its details.
        stock_version: The current version of its stock.
        names_version: The current version of the names of its categories.
    """

    def __init__(
        self, product_id: str, details_version: int, stock_version: int, names_version: int
    ) -> None:
        super().__init__("Someone else has changed the product. Reload it and try again.")
        self.product_id = product_id
        self.details_version = details_version
        self.stock_version = stock_version
        self.names_version = names_version


class PictureError(Exception):
    """The picture cannot be used."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


class PictureTooLargeError(Exception):
    """The picture is too large."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"A picture can be at most {limit_bytes // (1024 * 1024)} MiB.")
        self.limit_bytes = limit_bytes


class TooManyPicturesError(Exception):
    """Other pictures are still being read."""

    def __init__(self) -> None:
        super().__init__("Other pictures are still being read. Try again in a moment.")


class PictureNotFoundError(Exception):
    """The product has no picture."""

    def __init__(self, product_id: str) -> None:
        super().__init__(f"The product {product_id} has no picture.")
        self.product_id = product_id


class InsufficientStockError(Exception):
    """A change would make the stock negative."""

    def __init__(self, product_id: str, quantity: int, delta: int) -> None:
        super().__init__(f"The stock is {quantity}. You cannot remove {-delta}.")
        self.product_id = product_id

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the invalid field."""
        return [("quantity_delta", str(self))]


class StockMovedError(Exception):
    """The stock is no longer the one that a change requires."""

    def __init__(self, product_id: str, quantity: int) -> None:
        super().__init__(f"The stock is now {quantity}. Check the change and try again.")
        self.product_id = product_id
        self.quantity = quantity

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the invalid field."""
        return [("expected_quantity", str(self))]


class StockLimitError(Exception):
    """A change would make the stock exceed the limit."""

    def __init__(self, product_id: str, limit: int) -> None:
        super().__init__(f"The stock cannot exceed {limit:,}.")
        self.product_id = product_id

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the invalid field."""
        return [("quantity_delta", str(self))]
