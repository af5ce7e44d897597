"""What can go wrong in products-ms: one exception a condition, which keeps its ids."""

from collections.abc import Sequence


class NameTakenError(Exception):
    """A product of this name exists."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a product named {name} already.")
        self.name = name

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the field that is wrong."""
        return [("product.name", str(self))]


class ProductNotFoundError(Exception):
    """There is no such product."""

    def __init__(self, product: str) -> None:
        super().__init__(f"There is no product {product}.")
        self.product = product


class CategoryNotFoundError(Exception):
    """There are no such categories."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"There is no category {', '.join(names)}.")
        self.names = names

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the field that is wrong."""
        return [("categories", str(self))]


class InsufficientStockError(Exception):
    """A change would take more than there is."""

    def __init__(self, product_id: str, quantity: int, delta: int) -> None:
        super().__init__(f"There are {quantity}; {-delta} can't be taken away.")
        self.product_id = product_id

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the field that is wrong."""
        return [("quantity_delta", str(self))]


class StockLimitError(Exception):
    """A change would put more on the shelf than it holds."""

    def __init__(self, product_id: str, limit: int) -> None:
        super().__init__(f"A product's stock can be at most {limit}.")
        self.product_id = product_id

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the field that is wrong."""
        return [("quantity_delta", str(self))]
