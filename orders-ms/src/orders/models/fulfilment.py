"""What of an order was shipped, delivered or collected, and what never will be."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Self, TypeVar

from orders.errors import LinesExceedOrderError


class FulfilmentState(StrEnum):
    """How much of an order has reached its customer."""

    OPEN = "OPEN"
    PARTLY_SHIPPED = "PARTLY_SHIPPED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    COLLECTED = "COLLECTED"


UNFINISHED = frozenset({FulfilmentState.OPEN, FulfilmentState.PARTLY_SHIPPED})
"""The states in which something can still be shipped."""


class LinePart(NamedTuple):
    """A part of a line."""

    product_id: str
    quantity: int


class ClosedLine(NamedTuple):
    """A part of a line that is not shipped."""

    product_id: str
    quantity: int
    reason: str


class Parcel(NamedTuple):
    """What is shipped.

    Attributes:
        lines: What it contains, empty for everything that is open.
        carrier: Who carries it, empty if unknown.
        tracking_number: The carrier's number, empty if unknown.
        tracking_url: Where to follow it, empty if unknown.
    """

    lines: tuple[LinePart, ...] = ()
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""


class Shipment(NamedTuple):
    """A parcel that was shipped."""

    id: str
    shipped_at: datetime
    lines: tuple[LinePart, ...]
    carrier: str
    tracking_number: str
    tracking_url: str


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """The shipments of an order, and the parts of lines that are closed."""

    state: FulfilmentState = FulfilmentState.OPEN
    shipments: tuple[Shipment, ...] = ()
    closed: tuple[ClosedLine, ...] = ()

    def open_parts(self, ordered: Mapping[str, int]) -> dict[str, int]:
        """Return what is neither shipped nor closed, by product.

        Args:
            ordered: The ordered quantities, by product.
        """
        left = Counter(ordered)
        for shipment in self.shipments:
            left.subtract(dict(shipment.lines))
        for part in self.closed:
            left[part.product_id] -= part.quantity
        return {product_id: quantity for product_id, quantity in left.items() if quantity > 0}

    def shipped(self, shipment: Shipment, ordered: Mapping[str, int]) -> Self:
        """Return the fulfilment with another shipment.

        Raises:
            LinesExceedOrderError: It contains more than is open.
        """
        _require_open(shipment.lines, self.open_parts(ordered))
        return _with_state(replace(self, shipments=(*self.shipments, shipment)), ordered)

    def closing(self, parts: Sequence[ClosedLine], ordered: Mapping[str, int]) -> Self:
        """Return the fulfilment with closed parts of lines.

        Raises:
            LinesExceedOrderError: They are more than is open.
        """
        lines = [LinePart(part.product_id, part.quantity) for part in parts]
        _require_open(lines, self.open_parts(ordered))
        return _with_state(replace(self, closed=(*self.closed, *parts)), ordered)


UNSHIPPED = Fulfilment()

F = TypeVar("F", bound=Fulfilment)


def _with_state(fulfilment: F, ordered: Mapping[str, int]) -> F:
    part_left = fulfilment.open_parts(ordered)
    state = FulfilmentState.PARTLY_SHIPPED if part_left else FulfilmentState.SHIPPED
    return replace(fulfilment, state=state)


def _require_open(lines: Sequence[LinePart], open_parts: Mapping[str, int]) -> None:
    left = Counter(open_parts)
    exceeding: list[tuple[int, str]] = []
    for index, line in enumerate(lines):
        if line.quantity > left[line.product_id]:
            exceeding.append((index, f"Only {max(0, left[line.product_id])} are open."))
        left[line.product_id] -= line.quantity
    if exceeding:
        raise LinesExceedOrderError(exceeding)
