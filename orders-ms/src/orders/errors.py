"""What can go wrong in orders-ms: one exception a condition, which keeps its ids."""

from collections.abc import Sequence

from shopkit.contract.events import BrokenRuleError

LineErrors = Sequence[tuple[int, str]]
"""Pairs of a line's index in the request and what is wrong with it."""


class LinesRefusedError(Exception):
    """Some lines of an order can't be sold; each is named."""

    def __init__(self, detail: str, lines: LineErrors) -> None:
        super().__init__(detail)
        self.lines = lines

    def field_errors(self) -> list[tuple[str, str]]:
        """Return what is wrong with each line."""
        return [(f"products.{index}", message) for index, message in self.lines]


class UnknownProductsError(LinesRefusedError):
    """Some products do not exist, or are no longer sold."""


class AmbiguousNameError(LinesRefusedError):
    """Two products have one name just now."""


class PriceChangedError(LinesRefusedError):
    """Some prices are not those that the shopper saw."""


class InsufficientStockError(LinesRefusedError):
    """There is too little of some products."""


class QuantityLimitError(LinesRefusedError):
    """The lines of one product add up to more than an order may have."""


class OrderNotFoundError(Exception):
    """There is no such order, or it is someone else's."""

    def __init__(self, order_id: str) -> None:
        super().__init__(f"There is no order {order_id}.")
        self.order_id = order_id


class NotCancellableError(Exception):
    """An order that is rejected or cancelled stays so."""

    def __init__(self, order_id: str, status: str) -> None:
        super().__init__(f"The order is {status.lower()} and can't be cancelled.")
        self.order_id = order_id


class ContraryOutcomeError(BrokenRuleError):
    """An event says of an order the contrary of what is settled."""

    def __init__(self, order_id: str, settled: str, told: str) -> None:
        super().__init__(f"order {order_id} is {settled}, the event says {told}")
        self.order_id = order_id
