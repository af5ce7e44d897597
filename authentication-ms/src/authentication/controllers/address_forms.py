"""Endpoints that describe the addresses of countries."""

from typing import Annotated

from fastapi import APIRouter, Path

from authentication.controllers.responses import responses
from authentication.schemas.addresses import AddressFormBody, CountriesBody
from authentication.services import address_forms
from shopkit.web.identity import User
from shopkit.web.problems import NOT_FOUND, UNAUTHENTICATED

router = APIRouter(prefix="/api/address-forms", tags=["auth"])

CountryCode = Annotated[
    str, Path(pattern="^[A-Z]{2}$", description="The country, as ISO 3166-1 abbreviates it.")
]


@router.get("", responses=responses(UNAUTHENTICATED))
async def list_countries(_caller: User) -> CountriesBody:
    """List the countries that addresses can be in."""
    return CountriesBody(countries=list(address_forms.find_countries()))


@router.get("/{country}", responses=responses(UNAUTHENTICATED, NOT_FOUND))
async def get_address_form(country: CountryCode, _caller: User) -> AddressFormBody:
    """Return the fields of a country's addresses, in the order of the country."""
    return AddressFormBody.of(address_forms.find_fields(country))
