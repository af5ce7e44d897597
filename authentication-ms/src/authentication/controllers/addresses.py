"""Endpoints for the caller's postal addresses."""

from typing import Annotated

from fastapi import APIRouter, Path

from authentication import problems
from authentication.controllers.responses import responses
from authentication.dependencies import Addresses
from authentication.schemas.addresses import (
    AddressBody,
    AddressChangeRequest,
    AddressesBody,
    AddressRequest,
)
from shopkit.web.database_problems import DATABASE_UNAVAILABLE
from shopkit.web.identity import User
from shopkit.web.problems import NOT_FOUND, UNAUTHENTICATED, UNREADABLE

router = APIRouter(prefix="/api/me/addresses", tags=["auth"])

AddressId = Annotated[str, Path(pattern="^[0-9a-f]{24}$", description="24 hex digits.")]
_COMMON = (UNAUTHENTICATED, DATABASE_UNAVAILABLE)


@router.get("", responses=responses(*_COMMON))
async def list_addresses(caller: User, addresses: Addresses) -> AddressesBody:
    """List the caller's addresses, oldest first."""
    stored = await addresses.find_all(caller)
    return AddressesBody(addresses=[AddressBody.of(address) for address in stored])


@router.post(
    "",
    status_code=201,
    responses=responses(*_COMMON, UNREADABLE, problems.TOO_MANY_ADDRESSES),
)
async def add_address(body: AddressRequest, caller: User, addresses: Addresses) -> AddressBody:
    """Add an address. The first one is the default."""
    return AddressBody.of(await addresses.add(caller, body.address(), is_default=body.default))


@router.patch("/{address_id}", responses=responses(*_COMMON, UNREADABLE, NOT_FOUND))
async def change_address(
    address_id: AddressId, body: AddressChangeRequest, caller: User, addresses: Addresses
) -> AddressBody:
    """Change an address, or make it the default."""
    changed = await addresses.change(
        caller, address_id, body.changes(), make_default=bool(body.default)
    )
    return AddressBody.of(changed)


@router.delete("/{address_id}", status_code=204, responses=responses(*_COMMON, NOT_FOUND))
async def delete_address(address_id: AddressId, caller: User, addresses: Addresses) -> None:
    """Delete an address. If it was the default, the oldest of the others becomes it."""
    await addresses.delete(caller, address_id)
