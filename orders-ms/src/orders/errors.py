"""The errors of orders-ms. Each exception keeps the ids that its error concerns."""

from collections.abc import Sequence

from shopkit.messaging.envelope import BrokenRuleError

LineErrors = Sequence[tuple[int, str]]
"""Pairs of a line's index in the request and what is wrong with it."""


class LinesRefusedError(Exception):
    """Some lines of an order cannot be sold."""

    def __init__(self, detail: str, lines: LineErrors) -> None:
        super().__init__(detail)
        self.lines = lines

    def field_errors(self) -> list[tuple[str, str]]:
        """Return what is wrong with each line."""
        return [(f"products.{index}", message) for index, message in self.lines]


class UnknownProductsError(LinesRefusedError):
    """Some products do not exist or are archived."""


class AmbiguousNameError(LinesRefusedError):
    """Two products have the same name, until an event that renames one arrives."""


class PriceChangedError(LinesRefusedError):
    """Some prices differ from those that the shopper saw."""


class InsufficientStockError(LinesRefusedError):
    """There is too little stock of some products."""


class QuantityLimitError(LinesRefusedError):
    """The lines of a product add up to more than an order may contain."""


class OrderNotFoundError(Exception):
    """The order does not exist or belongs to someone else."""

    def __init__(self, order_id: str) -> None:
        super().__init__(f"There is no order {order_id}.")
        self.order_id = order_id


class NotCancellableError(Exception):
    """The order is rejected or already cancelled."""

    def __init__(self, order_id: str, status: str) -> None:
        super().__init__(f"The order is {status.lower()} and cannot be cancelled.")
        self.order_id = order_id


class DeliveryRefusedError(Exception):
    """An order cannot be delivered, or paid, as requested."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the field that is at fault."""
        return [(self.field, str(self))]


class NoDeliveryError(DeliveryRefusedError):
    """No delivery method delivers to the country."""


class DeliveryUnavailableError(DeliveryRefusedError):
    """The delivery method is not offered."""


class PaymentUnavailableError(DeliveryRefusedError):
    """The payment method is not offered."""


class FeeChangedError(DeliveryRefusedError):
    """The fee differs from the one that the shopper saw."""


class OrderStateError(Exception):
    """The order does not allow an action now."""

    def __init__(self, order_id: str, reason: str) -> None:
        super().__init__(reason)
        self.order_id = order_id


class RefundTooLargeError(Exception):
    """A refund exceeds what was received and is not to be paid back yet."""

    def __init__(self, left_cents: int) -> None:
        super().__init__(f"At most {left_cents / 100:.2f} can be paid back.")
        self.left_cents = left_cents


class RefundNotFoundError(Exception):
    """The order has no such refund, or it was paid out before."""

    def __init__(self, refund_id: str) -> None:
        super().__init__(f"There is no refund {refund_id} that has to be paid out.")
        self.refund_id = refund_id


class LinesExceedOrderError(LinesRefusedError):
    """More of a line is shipped or closed than is open."""

    def __init__(self, lines: LineErrors) -> None:
        super().__init__("These lines are more than what is open.", lines)

    def field_errors(self) -> list[tuple[str, str]]:
        """Return what is wrong with each line."""
        return [(f"lines.{index}", message) for index, message in self.lines]


class TransferNotDueError(Exception):
    """No transfer in euros is due for the order."""

    def __init__(self, order_id: str) -> None:
        super().__init__("No transfer in euros is due for this order.")
        self.order_id = order_id


class MethodNotFoundError(Exception):
    """There is no such delivery method."""

    def __init__(self, method_id: str) -> None:
        super().__init__(f"There is no delivery method {method_id}.")
        self.method_id = method_id


class TooManyMethodsError(Exception):
    """The shop has as many delivery methods as it can have."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The shop can have at most {limit} delivery methods.")


class TooManyStreamsError(Exception):
    """There are too many open streams."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason} Try again in a few seconds.")


class ProviderUnavailableError(Exception):
    """The provider does not answer, or not now.

    Attributes:
        is_repeated: Whether the provider gives the same answer to each request with this
            idempotency key, so that the next request needs another key.
    """

    def __init__(self, reason: str, *, is_repeated: bool = False) -> None:
        super().__init__(f"The payment provider is unavailable: {reason}")
        self.is_repeated = is_repeated


class ProviderRefusedError(Exception):
    """The provider refuses a request, and would refuse it again."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The payment provider refuses: {code}")
        self.code = code


class InvalidEventError(Exception):
    """An event is not from the provider, or too old."""

    def __init__(self) -> None:
        super().__init__("The signature of the event is not valid.")


class ConflictingOutcomeError(BrokenRuleError):
    """An event conflicts with the stored outcome of an order."""

    def __init__(self, order_id: str, stored: str, received: str) -> None:
        super().__init__(f"Order {order_id} is {stored}, but the event says {received}.")
        self.order_id = order_id


class ProjectionDiffersError(Exception):
    """The rebuilt projection still differs from products-db. The live one is unchanged."""

    def __init__(self, product_ids: Sequence[str]) -> None:
        super().__init__(
            f"The rebuilt projection still differs in these products: {', '.join(product_ids[:10])}"
        )
        self.product_ids = product_ids
