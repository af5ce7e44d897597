"""The bodies of delivery methods."""

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import BaseModel, Field, model_validator

from orders.models.delivery import DeliveryMethod, FeeStep
from orders.models.payment import PaymentMethod
from orders.services.delivery_methods import Offer
from shopkit.text import RequiredLine
from shopkit.web.address_bodies import Country
from shopkit.web.request_types import Price, WholeNumber, to_cents


class OfferBody(BaseModel):
    """A delivery method for an order. `days` is null for a collection."""

    id: str
    name: str
    fee: float
    days: int | None
    needs_address: bool
    payment_methods: list[PaymentMethod]


class OffersBody(BaseModel):
    """The delivery methods for an order, with their fees."""

    methods: list[OfferBody]

    @classmethod
    def of(cls, offers: Iterable[Offer]) -> Self:
        """Return the body for offers."""
        return cls(
            methods=[
                OfferBody(
                    id=offer.id,
                    name=offer.name,
                    fee=offer.fee_cents / 100,
                    days=offer.days,
                    needs_address=offer.needs_address,
                    payment_methods=list(offer.payment_methods),
                )
                for offer in offers
            ]
        )


class FeeStepRequest(BaseModel):
    """The fee of orders from a value on."""

    from_: Annotated[Price, Field(alias="from")]
    fee: Price


class DeliveryMethodRequest(BaseModel):
    """A delivery method. The fees are in ascending order, and the first one begins at zero."""

    name: RequiredLine
    countries: Annotated[list[Country], Field(min_length=1, max_length=250)]
    fees: Annotated[list[FeeStepRequest], Field(min_length=1, max_length=20)]
    free_from: Price | None = None
    days: Annotated[int, Field(ge=0, le=365), WholeNumber]

    @model_validator(mode="after")
    def _require_ascending_fees(self) -> Self:
        starts = [step.from_ for step in self.fees]
        if starts[0] != 0 or starts != sorted(set(starts)):
            raise ValueError("fees must begin at 0 and ascend")
        return self

    def to_method(self, method_id: str) -> DeliveryMethod:
        """Return the delivery method."""
        return DeliveryMethod(
            id=method_id,
            name=self.name,
            countries=tuple(sorted(set(self.countries))),
            fees=tuple(FeeStep(to_cents(step.from_), to_cents(step.fee)) for step in self.fees),
            free_from_cents=None if self.free_from is None else to_cents(self.free_from),
            days=self.days,
        )


class FeeStepBody(BaseModel):
    """The fee of orders from a value on."""

    from_: Annotated[float, Field(alias="from")]
    fee: float


class DeliveryMethodBody(BaseModel):
    """A delivery method."""

    id: str
    name: str
    countries: list[str]
    fees: list[FeeStepBody]
    free_from: float | None
    days: int

    @classmethod
    def of(cls, method: DeliveryMethod) -> Self:
        """Return the body for a delivery method."""
        free_from = method.free_from_cents
        return cls(
            id=method.id,
            name=method.name,
            countries=list(method.countries),
            fees=[
                FeeStepBody(**{"from": step.from_cents / 100, "fee": step.fee_cents / 100})
                for step in method.fees
            ],
            free_from=None if free_from is None else free_from / 100,
            days=method.days,
        )


class DeliveryMethodsBody(BaseModel):
    """All delivery methods that admins have defined."""

    methods: list[DeliveryMethodBody]
