"""The bodies of postal addresses."""

from dataclasses import asdict
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field

from authentication.models.address import Address, StoredAddress
from authentication.schemas.accounts import Line, RequiredLine

Country = Annotated[
    str, Field(pattern="^[A-Z]{2}$", description="The country, as ISO 3166-1 abbreviates it.")
]
Phone = Annotated[str, Field(pattern=r"^(\+?[0-9][0-9 ()./-]{3,29})?$")]
Lines = Annotated[list[RequiredLine], Field(min_length=1, max_length=4)]


class AddressRequest(BaseModel):
    """A new postal address. The country decides which fields are required."""

    name: RequiredLine
    company: Line = ""
    lines: Lines
    postcode: Line = ""
    city: Line = ""
    region: Line = ""
    country: Country
    phone: Phone = ""
    default: bool = False

    def address(self) -> Address:
        """Return the address."""
        return Address(**self.model_dump(exclude={"default"}))


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
