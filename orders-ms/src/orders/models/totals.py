"""What a customer has ordered in total, without I/O."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from shopkit.contract.events import OrderStatus


@dataclass(frozen=True, slots=True)
class CustomerTotals:
    """The number and the value of a customer's orders.

    Attributes:
        orders: The number of orders by status.
        spent_cents: The value of the accepted orders.
        capped: Whether the customer has older orders that are not counted.
    """

    orders: Mapping[OrderStatus, int]
    spent_cents: int
    capped: bool

    @classmethod
    def of(cls, orders: Iterable[tuple[OrderStatus, int]], *, capped: bool) -> Self:
        """Add up orders.

        Args:
            orders: The status and the value in cents of each order.
            capped: Whether there are more.
        """
        counted = list(orders)
        return cls(
            orders=Counter(status for status, _ in counted),
            spent_cents=sum(cents for status, cents in counted if status is OrderStatus.ACCEPTED),
            capped=capped,
        )
