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


class CategoryTakenError(Exception):
    """A category of this name exists."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a category named {name} already.")
        self.name = name

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the field that is wrong."""
        return [("name", str(self))]


class CategoryInUseError(Exception):
    """Products have this category, archived ones included."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Products have the category {name}; take it off them first.")
        self.name = name


class TagMissingError(Exception):
    """A change of details needs the tag that was seen with them."""

    def __init__(self, product_id: str) -> None:
        super().__init__("Send the product's ETag in If-Match, so that nobody's edit is lost.")
        self.product_id = product_id


class StaleTagError(Exception):
    """The details have changed since they were seen."""

    def __init__(self, product_id: str, tag: str) -> None:
        super().__init__("Someone has changed the product meanwhile; look at it again.")
        self.product_id = product_id
        self.headers = {"ETag": tag}


class PictureError(Exception):
    """A picture can't be used."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


class PictureTooLargeError(Exception):
    """A picture has more bytes than are taken."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"A picture may have at most {limit_bytes // (1024 * 1024)} MiB.")
        self.limit_bytes = limit_bytes


class PictureNotFoundError(Exception):
    """A product has no picture."""

    def __init__(self, product_id: str) -> None:
        super().__init__(f"The product {product_id} has no picture.")
        self.product_id = product_id


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
