"""The parameters that the sandbox accepts. Unknown ones are refused, as Stripe does."""

import re
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shopkit.stripe_sandbox.errors import ApiError

Metadata = dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=500)]]
Currency = Annotated[str, Field(pattern="^[a-z]{3}$")]
Limit = Annotated[int, Field(ge=1, le=100)]
_PART = re.compile(r"\[([^\]]*)\]")
_CODES = {"extra_forbidden": "parameter_unknown", "missing": "parameter_missing"}


class Parameters(BaseModel):
    """Parameters of a request."""

    model_config = ConfigDict(extra="forbid")


class ProductData(Parameters):
    """What is sold."""

    name: Annotated[str, Field(min_length=1)]


class PriceData(Parameters):
    """The price of a line."""

    currency: Currency
    unit_amount: Annotated[int, Field(ge=0)]
    product_data: ProductData


class LineItem(Parameters):
    """A line."""

    price_data: PriceData
    quantity: Annotated[int, Field(ge=1)]


class AdaptivePricing(Parameters):
    """Whether customers may pay in their own currency."""

    enabled: bool


class PaymentIntentData(Parameters):
    """What the payment gets."""

    metadata: Metadata = {}


class CreateSession(Parameters):
    """The parameters of `POST /v1/checkout/sessions`."""

    mode: Literal["payment"]
    payment_method_types: Annotated[list[Literal["card"]], Field(min_length=1, max_length=1)]
    line_items: Annotated[list[LineItem], Field(min_length=1, max_length=100)]
    adaptive_pricing: AdaptivePricing
    client_reference_id: Annotated[str, Field(max_length=200)]
    metadata: Metadata = {}
    payment_intent_data: PaymentIntentData = PaymentIntentData()
    success_url: str
    cancel_url: str
    expires_at: int


class GetSession(Parameters):
    """The parameters of `GET /v1/checkout/sessions/{id}`."""

    expand: list[Literal["payment_intent"]] = []


class ListSessions(Parameters):
    """The parameters of `GET /v1/checkout/sessions`."""

    payment_intent: str
    limit: Limit = 10
    expand: list[Literal["data.payment_intent"]] = []


class CreateRefund(Parameters):
    """The parameters of `POST /v1/refunds`."""

    payment_intent: str
    amount: Annotated[int, Field(ge=1)]
    metadata: Metadata = {}


class ListOfPayment(Parameters):
    """The parameters of `GET /v1/refunds` and `GET /v1/disputes`."""

    payment_intent: str
    limit: Limit = 10


class Created(Parameters):
    """A range of times."""

    gte: int


class ListEvents(Parameters):
    """The parameters of `GET /v1/events`."""

    types: Annotated[list[str], Field(max_length=20)] = []
    created: Created
    limit: Limit = 10
    starting_after: str | None = None


class NoParameters(Parameters):
    """The parameters of `POST /v1/checkout/sessions/{id}/expire`."""


P = TypeVar("P", bound=Parameters)


def read(model: type[P], text: str) -> P:
    """Return the parameters of a form or a query.

    Raises:
        ApiError: A parameter is unknown, missing or wrong.
    """
    try:
        return model.model_validate(parse(text))
    except ValidationError as error:
        [first, *_] = error.errors()
        path = [str(part) for part in first["loc"]]
        name = path[0] + "".join(f"[{part}]" for part in path[1:])
        code = _CODES.get(first["type"], "parameter_invalid")
        raise ApiError(400, f"{first['msg']}: {name}", code=code, parameter=name) from error


def parse(text: str) -> dict[str, Any]:
    """Return the values of a form with names such as `line_items[0][quantity]`."""
    values: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        parts = [name.partition("[")[0], *_PART.findall(name)]
        target = values
        for part in parts[:-1]:
            target = target.setdefault(part, {})
        target[parts[-1] or str(len(target))] = value
    return {name: _with_lists(value) for name, value in values.items()}


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if all(key.isdecimal() for key in value):
        return [_with_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _with_lists(item) for key, item in value.items()}
