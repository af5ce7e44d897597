"""Decides whether orders-ms may take an order, based on the projection of the products."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Final, NamedTuple

from orders.errors import (
    AmbiguousNameError,
    DeliveryUnavailableError,
    FeeChangedError,
    InsufficientStockError,
    LinesRefusedError,
    NoDeliveryError,
    PaymentUnavailableError,
    PriceChangedError,
    QuantityLimitError,
    UnknownProductsError,
)
from orders.models.delivery import (
    COLLECTION,
    COLLECTION_ID,
    NO_CONTACT,
    Contact,
    DeliveryMethod,
    OrderDelivery,
)
from orders.models.order import Line
from orders.models.payment import PaymentMethod, PaymentTerms
from shopkit.addresses import Address
from shopkit.contract.events import ProductState
from shopkit.identity import Identity
from shopkit.names import name_key, shown_name

LINE_LIMIT = 1_000
"""The maximum quantity of one product in an order."""


@dataclass(frozen=True, slots=True)
class RequestedLine:
    """A line as it was requested.

    Attributes:
        quantity: The quantity.
        product_id: The product's id, None if it is requested by name.
        name: The product's name, None if it is requested by id.
        price_cents: The price that the shopper saw, None if the request does not say.
    """

    quantity: int
    product_id: str | None = None
    name: str | None = None
    price_cents: int | None = None


@dataclass(frozen=True, slots=True)
class RequestedDetails:
    """How an order is to be delivered and paid.

    Attributes:
        method_id: The delivery method.
        fee_cents: The fee that the shopper saw, None if the request does not say.
        address: Where the order goes, None for a collection.
        payment: How it is paid.
        contact: Whom to ask.
        note: What the customer wrote.
    """

    method_id: str = COLLECTION_ID
    fee_cents: int | None = None
    address: Address | None = None
    payment: PaymentMethod = PaymentMethod.ON_COLLECTION
    contact: Contact = NO_CONTACT
    note: str = ""

    def delivery(
        self, value_cents: int, methods: Mapping[str, DeliveryMethod], terms: PaymentTerms
    ) -> OrderDelivery:
        """Return the delivery of an order with lines of a value.

        Raises:
            NoDeliveryError: No method delivers to the country.
            DeliveryUnavailableError: The method is not offered there.
            PaymentUnavailableError: The payment method is not offered.
            FeeChangedError: The fee differs from the one that the shopper saw.
        """
        delivery = self._chosen(value_cents, methods, terms)
        total_cents = value_cents + delivery.fee_cents
        if self.payment not in terms.methods_for(total_cents, collection=delivery.is_collection):
            raise PaymentUnavailableError("payment.method", "This payment method is not offered.")
        if self.fee_cents not in {None, delivery.fee_cents}:
            message = f"The fee is now {delivery.fee_cents / 100:.2f}."
            raise FeeChangedError("delivery.fee", message)
        return delivery

    def _chosen(
        self, value_cents: int, methods: Mapping[str, DeliveryMethod], terms: PaymentTerms
    ) -> OrderDelivery:
        if self.address is None:
            if not terms.collection:
                message = "Orders cannot be collected in the shop."
                raise DeliveryUnavailableError("delivery.method", message)
            return COLLECTION
        country = self.address.country
        if not any(method.delivers_to(country) for method in methods.values()):
            raise NoDeliveryError("delivery.address.country", "We do not deliver to this country.")
        method = methods.get(self.method_id)
        if method is None or not method.delivers_to(country):
            message = "This delivery method is not offered for this country."
            raise DeliveryUnavailableError("delivery.method", message)
        fee = method.fee_cents(value_cents)
        return OrderDelivery(method.id, method.name, fee, method.days, self.address)


PLAIN: Final = RequestedDetails()
"""The details of an order that says nothing about them: collected in the shop and paid there."""


@dataclass(frozen=True, slots=True)
class RequestedOrder:
    """An order as it was requested.

    Attributes:
        shopper: The shopper.
        lines: The lines.
        key: The idempotency key.
        details: How it is delivered and paid.
    """

    shopper: Identity
    lines: tuple[RequestedLine, ...]
    key: str | None = None
    details: RequestedDetails = PLAIN

    @property
    def fingerprint(self) -> str:
        """A hash of the request, to detect a key that is reused for a different order."""
        text = json.dumps([astuple(line) for line in self.lines])
        if self.details != PLAIN:
            # Earlier releases stored the hash of the lines, which is valid forever.
            text += json.dumps(astuple(self.details))
        return hashlib.sha256(text.encode()).hexdigest()


class _Resolved(NamedTuple):
    position: int
    line: RequestedLine
    product: ProductState


class ProductCatalogue:
    """The products that a batch of orders requests, as orders-ms knows them."""

    def __init__(self, products: Iterable[ProductState]) -> None:
        self._by_id: dict[str, ProductState] = {}
        self._by_key: dict[str, list[ProductState]] = defaultdict(list)
        for product in products:
            if not product.archived:
                self._by_id[product.id] = product
                self._by_key[name_key(product.name)].append(product)

    def lines_for(self, requested: RequestedOrder) -> tuple[Line, ...]:
        """Return the lines of the order, one for each product.

        Raises:
            UnknownProductsError: A product does not exist or is archived.
            AmbiguousNameError: Two products have a requested name.
            QuantityLimitError: The lines of a product add up to more than 1,000.
            PriceChangedError: A price differs from the one that the shopper saw.
            InsufficientStockError: There is too little stock of a product.
        """
        _refuse(
            UnknownProductsError,
            "Some products are not for sale.",
            self._lines_where(
                requested, lambda products: not products, "This product is not for sale."
            ),
        )
        _refuse(
            AmbiguousNameError,
            "Two products share a requested name. Use product ids instead.",
            self._lines_where(
                requested, lambda products: len(products) > 1, "Two products have this name."
            ),
        )
        resolved = [
            _Resolved(index, line, self._find(line)[0])
            for index, line in enumerate(requested.lines)
        ]
        totals = _totals(resolved)
        _refuse(
            QuantityLimitError,
            f"An order can contain at most {LINE_LIMIT:,} units of a product.",
            _over_limit(resolved, totals),
        )
        _refuse(PriceChangedError, "Some prices have changed.", _changed_prices(resolved))
        _refuse(InsufficientStockError, "There is not enough stock.", _short(resolved, totals))
        products = {item.product.id: item.product for item in resolved}
        return tuple(
            Line(product.id, product.name, product.price_cents, totals[product.id])
            for product in products.values()
        )

    def _find(self, line: RequestedLine) -> Sequence[ProductState]:
        if line.product_id is not None:
            product = self._by_id.get(line.product_id)
            return [product] if product else []
        name = line.name or ""
        same = self._by_key.get(name_key(name), [])
        exact = [product for product in same if shown_name(product.name) == shown_name(name)]
        return exact or same

    def _lines_where(
        self,
        requested: RequestedOrder,
        condition: Callable[[Sequence[ProductState]], bool],
        message: str,
    ) -> list[tuple[int, str]]:
        return [
            (index, message)
            for index, line in enumerate(requested.lines)
            if condition(self._find(line))
        ]


def _totals(resolved: Iterable[_Resolved]) -> Mapping[str, int]:
    totals: dict[str, int] = defaultdict(int)
    for item in resolved:
        totals[item.product.id] += item.line.quantity
    return totals


def _over_limit(resolved: Iterable[_Resolved], totals: Mapping[str, int]) -> list[tuple[int, str]]:
    return [
        (item.position, f"You ordered {totals[item.product.id]:,} units.")
        for item in resolved
        if totals[item.product.id] > LINE_LIMIT
    ]


def _changed_prices(resolved: Iterable[_Resolved]) -> list[tuple[int, str]]:
    return [
        (item.position, f"The price is now {item.product.price_cents / 100:.2f}.")
        for item in resolved
        if item.line.price_cents not in {None, item.product.price_cents}
    ]


def _short(resolved: Iterable[_Resolved], totals: Mapping[str, int]) -> list[tuple[int, str]]:
    return [
        (item.position, _stock_message(item.product.quantity))
        for item in resolved
        if item.product.quantity < totals[item.product.id]
    ]


def _stock_message(left: int) -> str:
    return f"Only {left} left." if left else "None left."


def _refuse(
    error_type: type[LinesRefusedError], detail: str, lines: Sequence[tuple[int, str]]
) -> None:
    if lines:
        raise error_type(detail, lines)
