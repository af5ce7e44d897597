"""Whether an order can be taken, judged by what orders-ms knows of the products."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import NamedTuple

from orders.errors import (
    AmbiguousNameError,
    InsufficientStockError,
    LinesRefusedError,
    PriceChangedError,
    QuantityLimitError,
    UnknownProductsError,
)
from orders.models.order import Line
from shopkit.contract.events import ProductState

LINE_LIMIT = 1_000
"""The most of one product that an order may have."""


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A line as it was asked for: by id or by name, perhaps with the price that was seen."""

    quantity: int
    product_id: str | None = None
    name: str | None = None
    price_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order as it was asked for."""

    email: str
    lines: tuple[WantedLine, ...]
    key: str | None = None

    @property
    def fingerprint(self) -> str:
        """What tells two bodies apart: the hash of the lines as they were asked for."""
        text = json.dumps([astuple(line) for line in self.lines])
        return hashlib.sha256(text.encode()).hexdigest()


class _Resolved(NamedTuple):
    position: int
    wanted: WantedLine
    product: ProductState


class Shelf:
    """What is known of the products that a batch of orders asks for."""

    def __init__(self, products: Iterable[ProductState]) -> None:
        self._by_id: dict[str, ProductState] = {}
        self._by_name: dict[str, list[ProductState]] = defaultdict(list)
        for product in products:
            if not product.archived:
                self._by_id[product.id] = product
                self._by_name[product.name].append(product)

    def lines_for(self, wanted: Wanted) -> tuple[Line, ...]:
        """Return the lines of the order, one a product.

        Raises:
            UnknownProductsError: A product does not exist, or is no longer sold.
            AmbiguousNameError: Two products have a name.
            QuantityLimitError: Lines of one product add up to more than 1,000.
            PriceChangedError: A price is not the one that was seen.
            InsufficientStockError: There is too little of a product.
        """
        _refuse(
            UnknownProductsError,
            "Some products are not for sale.",
            self._each(wanted, lambda hits: not hits, "It is not for sale."),
        )
        _refuse(
            AmbiguousNameError,
            "Some names are those of two products just now; please order by id.",
            self._each(wanted, lambda hits: len(hits) > 1, "Two products have this name."),
        )
        resolved = [
            _Resolved(index, line, self._hits(line)[0]) for index, line in enumerate(wanted.lines)
        ]
        totals = _totals(resolved)
        _refuse(
            QuantityLimitError,
            f"An order can have at most {LINE_LIMIT} of a product.",
            _over_limit(resolved, totals),
        )
        _refuse(PriceChangedError, "Some prices have changed.", _changed_prices(resolved))
        _refuse(InsufficientStockError, "There is not enough in stock.", _short(resolved, totals))
        products = {one.product.id: one.product for one in resolved}
        return tuple(
            Line(product.id, product.name, product.price_cents, totals[product.id])
            for product in products.values()
        )

    def _hits(self, line: WantedLine) -> Sequence[ProductState]:
        if line.product_id is not None:
            product = self._by_id.get(line.product_id)
            return [product] if product else []
        return self._by_name.get(line.name or "", [])

    def _each(
        self, wanted: Wanted, wrong: Callable[[Sequence[ProductState]], bool], message: str
    ) -> list[tuple[int, str]]:
        return [
            (index, message) for index, line in enumerate(wanted.lines) if wrong(self._hits(line))
        ]


def _totals(resolved: Iterable[_Resolved]) -> Mapping[str, int]:
    totals: dict[str, int] = defaultdict(int)
    for one in resolved:
        totals[one.product.id] += one.wanted.quantity
    return totals


def _over_limit(resolved: Iterable[_Resolved], totals: Mapping[str, int]) -> list[tuple[int, str]]:
    return [
        (one.position, f"Together these are {totals[one.product.id]}.")
        for one in resolved
        if totals[one.product.id] > LINE_LIMIT
    ]


def _changed_prices(resolved: Iterable[_Resolved]) -> list[tuple[int, str]]:
    return [
        (one.position, f"It costs {one.product.price_cents / 100:.2f} now.")
        for one in resolved
        if one.wanted.price_cents not in {None, one.product.price_cents}
    ]


def _short(resolved: Iterable[_Resolved], totals: Mapping[str, int]) -> list[tuple[int, str]]:
    return [
        (one.position, _stock_sentence(one.product.quantity))
        for one in resolved
        if one.product.quantity < totals[one.product.id]
    ]


def _stock_sentence(left: int) -> str:
    return f"Only {left} left." if left else "None left."


def _refuse(kind: type[LinesRefusedError], detail: str, lines: Sequence[tuple[int, str]]) -> None:
    if lines:
        raise kind(detail, lines)
