"""The contract between the services: every event that is sent.

The contract is data without behaviour. Each service decides what an event means to it.
"""

from abc import abstractmethod
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, StringConstraints

from shopkit.messaging.envelope import Event, EventModel

PRODUCTS_TOPIC = "shop.products"
ORDERS_TOPIC = "shop.orders"
ORDER_STATUS_TOPIC = "shop.order-status"

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{24}$")]
Cents = Annotated[int, Field(ge=0, le=100_000_000)]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]

_MAX_STORED = 10**15


def _fits_into_the_database(value: int) -> int:
    # Even the sum of many such numbers fits into the 64 bits of a stored number. This is a limit
    # of the reader. No writer reaches it, so it is not part of the published schema.
    if value > _MAX_STORED:
        raise ValueError(f"more than {_MAX_STORED}")
    return value


_Positive = Annotated[int, Field(ge=1), AfterValidator(_fits_into_the_database)]


class OrderStatus(StrEnum):
    """The status of an order."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class ProductState(EventModel):
    """A complete product as of `version`."""

    id: Id
    name: str
    price_cents: Cents
    quantity: Count
    archived: bool
    version: _Positive


class OrderLine(EventModel):
    """A product in an order, at the price that the shopper ordered it at."""

    product_id: Id
    name: str
    price_cents: Cents
    quantity: _Positive


class OrderSnapshot(EventModel):
    """An order as it was placed."""

    id: Id
    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1, max_length=50)]


class LineReason(EventModel):
    """Why a line could not be sold."""

    product_id: Id
    reason: str


class _ProductEvent(Event):
    topic: ClassVar[str] = PRODUCTS_TOPIC

    @property
    @abstractmethod
    def state(self) -> ProductState:
        """The product."""

    @property
    def key(self) -> str:
        """The product's id."""
        return self.state.id

    @property
    def id(self) -> str:
        """The type, the product and its version."""
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
    """An admin changed a product's details, archived it or restored it."""

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
    """An order was decided, or its cancellation was confirmed."""

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
        """The type, the order and its status."""
        return f"{self.type}/{self.order_id}/{self.status}"


PRODUCT_EVENTS: tuple[type[Event], ...] = (ProductCreate, ProductUpdate, ProductsQuantityUpdate)
EVENTS: tuple[type[Event], ...] = (
    *PRODUCT_EVENTS,
    OrderCreate,
    OrderCancel,
    OrderStatusUpdate,
)
