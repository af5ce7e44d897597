"""How orders-db and products-db differ, range by range."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

from orders.models.order import awaits_answer
from shopkit.contract.events import OrderStatus, ProductState
from shopkit.contract.internal import DecidedOrder

ORPHAN_SECONDS = 600.0
"""How long a decided order may be unknown here before it counts as lost."""


class IdRange(NamedTuple):
    """A range of ids.

    Attributes:
        after: The id after which it begins, None for the beginning.
        until: Its last id, None for the end.
    """

    after: str | None
    until: str | None


class HasId(Protocol):
    """An entry that is ordered by its id."""

    @property
    def id(self) -> str:
        """The id."""
        ...


L = TypeVar("L", bound=HasId)
R = TypeVar("R", bound=HasId)


class OrderSummary(NamedTuple):
    """What a comparison needs of an order."""

    id: str
    status: OrderStatus
    cancel_confirmed: bool


class OrderDifference(NamedTuple):
    """An order whose status differs from its decision.

    Attributes:
        stored: The status in orders-db, None if the order does not exist there.
        decided: The decision, None if there is none.
    """

    stored: OrderStatus | None
    decided: OrderStatus | None


def common_part(
    left: Sequence[L], right: Sequence[R], limit: int
) -> tuple[Sequence[L], Sequence[R], str | None]:
    """Return what both sides have read completely, and the id up to which they have.

    Args:
        left: The first entries of a range, ordered by id.
        right: The first entries of the same range on the other side.
        limit: The number of entries at which a side stops reading.
    """
    ends = [side[-1].id for side in (left, right) if len(side) == limit]
    if not ends:
        return left, right, None
    until = min(ends)
    return (
        [entry for entry in left if entry.id <= until],
        [entry for entry in right if entry.id <= until],
        until,
    )


def product_differences(
    projection: Sequence[ProductState], products: Sequence[ProductState]
) -> dict[str, int]:
    """Return the versions in the projection of products that differ, by id.

    The version is 0 if the product is missing in the projection.
    """
    known = {product.id: product for product in projection}
    states = {product.id: product for product in products}
    return {
        id_: known[id_].version if id_ in known else 0
        for id_ in sorted({*known, *states})
        if known.get(id_) != states.get(id_)
    }


def order_differences(
    orders: Sequence[OrderSummary], decisions: Sequence[DecidedOrder]
) -> dict[str, OrderDifference]:
    """Return settled orders whose decision is missing or different, and lost orders, by id."""
    decided = {decision.id: decision for decision in decisions}
    differences: dict[str, OrderDifference] = {}
    for order in orders:
        decision = decided.pop(order.id, None)
        status = decision.status if decision else None
        settled = not awaits_answer(order.status, cancel_confirmed=order.cancel_confirmed)
        if settled and status is not order.status:
            differences[order.id] = OrderDifference(order.status, status)
    lost = {id_: OrderDifference(None, d.status) for id_, d in decided.items() if _is_orphan(d)}
    return differences | lost


def _is_orphan(decision: DecidedOrder) -> bool:
    # A cancelled order has no stock, so nothing is wrong if it is unknown here.
    return decision.age_seconds > ORPHAN_SECONDS and decision.status is not OrderStatus.CANCELLED


D = TypeVar("D")


def lasting(first: Mapping[str, D], later: Mapping[str, D]) -> dict[str, D]:
    """Return what still differs, in the same way, in a later comparison."""
    return {id_: value for id_, value in later.items() if first.get(id_) == value}
