"""The body of a postal address, which several services receive."""

from dataclasses import fields
from typing import Annotated

from pydantic import BaseModel, Field

from shopkit.addresses import Address
from shopkit.text import Line, RequiredLine

Country = Annotated[
    str, Field(pattern="^[A-Z]{2}$", description="The country, as ISO 3166-1 abbreviates it.")
]
Phone = Annotated[str, Field(pattern=r"^(\+?[0-9][0-9 ()./-]{3,29})?$")]
Lines = Annotated[list[RequiredLine], Field(min_length=1, max_length=4)]

_FIELDS = {field.name for field in fields(Address)}


class PostalAddressRequest(BaseModel):
    """A postal address. The country decides which fields are required."""

    name: RequiredLine
    company: Line = ""
    lines: Lines
    postcode: Line = ""
    city: Line = ""
    region: Line = ""
    country: Country
    phone: Phone = ""

    def address(self) -> Address:
        """Return the address."""
        return Address(**self.model_dump(include=_FIELDS))
