"""The contract between the services: every event that is sent, and its envelope.

It is data, not behaviour: each service decides for itself what an event means to it. The
envelope is CloudEvents 1.0 in Kafka's binary mode: attributes in `ce_*` headers, the event itself
as a JSON body.
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from shopkit.tracing.context import Origin

PRODUCTS_TOPIC = "shop.products"
ORDERS_TOPIC = "shop.orders"
ORDER_STATUS_TOPIC = "shop.order-status"

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{24}$")]
Cents = Annotated[int, Field(ge=0, le=100_000_000)]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]


class OrderStatus(StrEnum):
    """What can become of an order."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class _Contract(BaseModel):
    """A reader passes over fields that it does not know, so that a writer can add some."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ProductState(_Contract):
    """A product, whole, as it was at `version`."""

    id: Id
    name: str
    price_cents: Cents
    quantity: Count
    archived: bool
    version: Annotated[int, Field(ge=1)]


class OrderLine(_Contract):
    """A product in an order, at the price at which it was ordered."""

    product_id: Id
    name: str
    price_cents: Cents
    quantity: Annotated[int, Field(ge=1)]


class OrderSnapshot(_Contract):
    """An order as it was placed."""

    id: Id
    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1, max_length=50)]


class LineReason(_Contract):
    """Why a line could not be sold."""

    product_id: Id
    reason: str


class Event(_Contract):
    """What has happened; its id derives from that, so one id always has the same bytes."""

    topic: ClassVar[str]

    type: str
    schema_version: Literal[1] = 1

    @property
    @abstractmethod
    def key(self) -> str:
        """What Kafka keeps the order of events by."""

    @property
    def id(self) -> str:
        """Its CloudEvents id."""
        return f"{self.type}/{self.key}"


class _ProductEvent(Event):
    topic: ClassVar[str] = PRODUCTS_TOPIC

    @property
    @abstractmethod
    def state(self) -> ProductState:
        """The product that it carries."""

    @property
    def key(self) -> str:
        """The product's id."""
        return self.state.id

    @property
    def id(self) -> str:
        """The product and its version."""
        return f"{self.type}/{self.state.id}/{self.state.version}"


class ProductCreate(_ProductEvent):
    """An admin added a product."""

    type: Literal["ProductCreate"] = "ProductCreate"
    product: ProductState

    @property
    def state(self) -> ProductState:
        """The new product."""
        return self.product


class ProductUpdate(_ProductEvent):
    """An admin changed a product's details, archived it or put it back."""

    type: Literal["ProductUpdate"] = "ProductUpdate"
    product: ProductState

    @property
    def state(self) -> ProductState:
        """The changed product."""
        return self.product


class ProductsQuantityUpdate(_ProductEvent):
    """A product's stock changed."""

    type: Literal["ProductsQuantityUpdate"] = "ProductsQuantityUpdate"
    products: Annotated[tuple[ProductState, ...], Field(min_length=1, max_length=1)]

    @property
    def state(self) -> ProductState:
        """The product whose stock changed."""
        return self.products[0]


class OrderCreate(Event):
    """A shopper placed an order."""

    topic: ClassVar[str] = ORDERS_TOPIC
    type: Literal["OrderCreate"] = "OrderCreate"
    order: OrderSnapshot

    @property
    def key(self) -> str:
        """The order's id."""
        return self.order.id


class OrderCancel(Event):
    """An order was cancelled."""

    topic: ClassVar[str] = ORDERS_TOPIC
    type: Literal["OrderCancel"] = "OrderCancel"
    order_id: Id

    @property
    def key(self) -> str:
        """The order's id."""
        return self.order_id


class OrderStatusUpdate(Event):
    """An order was decided, or its cancellation carried out."""

    topic: ClassVar[str] = ORDER_STATUS_TOPIC
    type: Literal["OrderStatusUpdate"] = "OrderStatusUpdate"
    order_id: Id
    status: Literal[OrderStatus.ACCEPTED, OrderStatus.REJECTED, OrderStatus.CANCELLED]
    reason: str | None = None
    lines: tuple[LineReason, ...] = ()

    @property
    def key(self) -> str:
        """The order's id."""
        return self.order_id

    @property
    def id(self) -> str:
        """The order and what became of it."""
        return f"{self.type}/{self.order_id}/{self.status}"


EVENTS: tuple[type[Event], ...] = (
    ProductCreate,
    ProductUpdate,
    ProductsQuantityUpdate,
    OrderCreate,
    OrderCancel,
    OrderStatusUpdate,
)


def type_name(kind: type[Event]) -> str:
    """Return the CloudEvents type of an event's class."""
    return str(kind.model_fields["type"].default)


BY_TYPE: Mapping[str, type[Event]] = {type_name(kind): kind for kind in EVENTS}


class BrokenRuleError(Exception):
    """An event says what cannot be; trying again would change nothing."""


class UndecodableError(Exception):
    """A message is no event that this version knows."""


@dataclass(frozen=True, slots=True)
class Message:
    """An event in its envelope, as it is stored in an outbox and sent.

    `time` is when the event happened, not when it is sent.
    """

    id: str
    type: str
    topic: str
    key: str
    value: bytes
    source: str
    time: datetime
    origin: Origin

    @classmethod
    def of(cls, event: Event, *, source: str, time: datetime, origin: Origin) -> Self:
        """Put an event into its envelope.

        Args:
            event: The event.
            source: The service that sends it.
            time: When it happened.
            origin: The request that led to it.
        """
        value = event.model_dump_json(exclude_none=True).encode()
        return cls(event.id, event.type, event.topic, event.key, value, source, time, origin)

    def headers(self) -> list[tuple[str, bytes]]:
        """Return the CloudEvents attributes as Kafka headers."""
        attributes = {
            "ce_specversion": "1.0",
            "ce_id": self.id,
            "ce_type": self.type,
            "ce_source": f"/{self.source}",
            "ce_subject": self.key,
            "ce_time": self.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "ce_requestid": self.origin.request_id,
            "ce_traceparent": self.origin.traceparent,
            "content-type": "application/json",
        }
        return [(name, value.encode()) for name, value in attributes.items() if value]


E_co = TypeVar("E_co", bound=Event, covariant=True)


@dataclass(frozen=True, slots=True)
class Delivery(Generic[E_co]):
    """An event that arrived, with where it comes from and when it happened."""

    event: E_co
    origin: Origin
    time: datetime


def decode(headers: Iterable[tuple[str, bytes | None]], value: bytes | None) -> Delivery[Event]:
    """Return the event of a Kafka message.

    Raises:
        UndecodableError: The envelope or the body is not what the contract says.
    """
    try:
        attributes = {name: (text or b"").decode() for name, text in headers}
        kind = BY_TYPE[attributes["ce_type"]]
        event = kind.model_validate_json(value or b"")
        time = datetime.fromisoformat(attributes["ce_time"])
    except KeyError as error:
        raise UndecodableError(f"unknown or missing: {error}") from error
    except (UnicodeDecodeError, ValidationError, ValueError) as error:
        raise UndecodableError(str(error)) from error
    origin = Origin(attributes.get("ce_requestid", ""), attributes.get("ce_traceparent", ""))
    return Delivery(event, origin, time)
