"""How an order reaches its customer: the delivery methods, their fees, and what was chosen."""

from dataclasses import dataclass
from typing import NamedTuple

from shopkit.addresses import Address

COLLECTION_ID = "collection"


class FeeStep(NamedTuple):
    """The fee of orders from a value on, until the next step."""

    from_cents: int
    fee_cents: int


@dataclass(frozen=True, slots=True)
class DeliveryMethod:
    """A way to deliver orders, which admins define.

    Attributes:
        id: The id.
        name: The name that customers see.
        countries: The countries that it delivers to, as ISO 3166-1 abbreviates them.
        fees: The fees by value, in ascending order. The first one begins at zero.
        free_from_cents: The value from which the delivery is free, None if it never is.
        days: How many days the delivery takes.
    """

    id: str
    name: str
    countries: tuple[str, ...]
    fees: tuple[FeeStep, ...]
    free_from_cents: int | None
    days: int

    def fee_cents(self, value_cents: int) -> int:
        """Return the fee of an order with lines of a value."""
        if self.free_from_cents is not None and value_cents >= self.free_from_cents:
            return 0
        return [step.fee_cents for step in self.fees if step.from_cents <= value_cents][-1]

    def delivers_to(self, country: str) -> bool:
        """Return whether it delivers to a country."""
        return country in self.countries


@dataclass(frozen=True, slots=True)
class OrderDelivery:
    """The delivery of an order, as it was when the order was placed.

    Attributes:
        method_id: The id of the delivery method.
        name: Its name.
        fee_cents: Its fee.
        days: How many days it takes, None for a collection.
        address: Where it goes, None for a collection.
    """

    method_id: str
    name: str
    fee_cents: int = 0
    days: int | None = None
    address: Address | None = None

    @property
    def is_collection(self) -> bool:
        """Whether the customer collects the order in the shop."""
        return self.method_id == COLLECTION_ID


COLLECTION = OrderDelivery(COLLECTION_ID, "Collection in the shop")


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask about an order. Its email address is that of the order."""

    name: str = ""
    phone: str = ""


NO_CONTACT = Contact()
