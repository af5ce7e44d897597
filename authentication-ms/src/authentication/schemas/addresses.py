"""The bodies of postal addresses."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal, Self

from pydantic import BaseModel

from authentication.models.address import StoredAddress
from authentication.models.address_form import AddressField
from shopkit.text import Line, RequiredLine
from shopkit.web.address_bodies import Country, Lines, Phone, PostalAddressRequest


class AddressRequest(PostalAddressRequest):
    """A new postal address. The country decides which fields are required."""

    default: bool = False


class AddressChangeRequest(BaseModel):
    """Changes of a postal address. Omitted fields are not changed."""

    name: RequiredLine | None = None
    company: Line | None = None
    lines: Lines | None = None
    postcode: Line | None = None
    city: Line | None = None
    region: Line | None = None
    country: Country | None = None
    phone: Phone | None = None
    default: Literal[True] | None = None

    def changes(self) -> dict[str, Any]:
        """Return the new values by field."""
        return self.model_dump(exclude_none=True, exclude={"default"})


class AddressBody(BaseModel):
    """A postal address of the caller."""

    id: str
    name: str
    company: str
    lines: list[str]
    postcode: str
    city: str
    region: str
    country: str
    phone: str
    default: bool

    @classmethod
    def of(cls, stored: StoredAddress) -> Self:
        """Return the body for an address."""
        values = asdict(stored.address) | {"lines": list(stored.address.lines)}
        return cls(id=str(stored.id), default=stored.is_default, **values)


class AddressesBody(BaseModel):
    """The caller's postal addresses, oldest first."""

    addresses: list[AddressBody]


class ChoiceBody(BaseModel):
    """A value that a field can have, and what it is called."""

    value: str
    label: str


class AddressFieldBody(BaseModel):
    """A field of a country's addresses.

    `label` is what the country calls it. `example` is empty if none is known. If `choices` is
    empty, the field can have any value.
    """

    name: Literal["name", "company", "lines", "postcode", "city", "region", "phone"]
    label: str
    required: bool
    example: str
    choices: list[ChoiceBody]


class AddressFormBody(BaseModel):
    """The fields of a country's addresses, in the order in which the country writes them."""

    fields: list[AddressFieldBody]

    @classmethod
    def of(cls, fields: Sequence[AddressField]) -> Self:
        """Return the body for the fields."""
        return cls.model_validate({"fields": [asdict(field) for field in fields]})


class CountriesBody(BaseModel):
    """The countries that addresses can be in, as ISO 3166-1 abbreviates them."""

    countries: list[str]
