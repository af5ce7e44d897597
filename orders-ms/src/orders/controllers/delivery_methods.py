"""Endpoints for delivery methods."""

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator

from orders import problems
from orders.dependencies import DeliveryMethods
from orders.models.delivery import COLLECTION_ID
from orders.schemas.delivery import (
    DeliveryMethodBody,
    DeliveryMethodRequest,
    DeliveryMethodsBody,
    OffersBody,
)
from orders.schemas.placement import MethodId
from shopkit.web.address_bodies import Country
from shopkit.web.admin_routes import ADMIN_PROBLEMS
from shopkit.web.database_problems import DATABASE_UNAVAILABLE
from shopkit.web.identity import Admin
from shopkit.web.problems import NOT_FOUND, UNREADABLE, responses
from shopkit.web.request_types import Price, to_cents

router = APIRouter(prefix="/api/delivery-methods", tags=["orders"])
admin_router = APIRouter(prefix="/api/admin/delivery-methods", tags=["admin"])


def _refuse_collection(method_id: str) -> str:
    if method_id == COLLECTION_ID:
        raise ValueError("must not be `collection`, which a setting turns on and off")
    return method_id


PathMethodId = Annotated[MethodId, Path(), AfterValidator(_refuse_collection)]


@router.get("", responses=responses(DATABASE_UNAVAILABLE))
async def list_offers(
    methods: DeliveryMethods,
    country: Annotated[Country | None, Query()] = None,
    value: Annotated[Price | None, Query(description="The sum of the lines.")] = None,
) -> OffersBody:
    """List the delivery methods for an order of a value, with their fees.

    Without a country, these are only the methods that need no address. Without a value, the fees
    are those of the smallest order.
    """
    return OffersBody.of(await methods.offers(country, to_cents(value or Decimal(0))))


@admin_router.get("", responses=responses(*ADMIN_PROBLEMS))
async def list_delivery_methods(_caller: Admin, methods: DeliveryMethods) -> DeliveryMethodsBody:
    """List the delivery methods that admins have defined."""
    found = await methods.find_all()
    return DeliveryMethodsBody(methods=[DeliveryMethodBody.of(method) for method in found])


@admin_router.get("/{method_id}", responses=responses(*ADMIN_PROBLEMS, NOT_FOUND))
async def get_delivery_method(
    method_id: PathMethodId, _caller: Admin, methods: DeliveryMethods
) -> DeliveryMethodBody:
    """Return a delivery method."""
    return DeliveryMethodBody.of(await methods.get(method_id))


@admin_router.put(
    "/{method_id}",
    responses=responses(*ADMIN_PROBLEMS, UNREADABLE, problems.TOO_MANY_METHODS),
)
async def put_delivery_method(
    method_id: PathMethodId,
    body: DeliveryMethodRequest,
    caller: Admin,
    methods: DeliveryMethods,
) -> DeliveryMethodBody:
    """Add a delivery method, or replace it. Orders keep what they were placed with."""
    return DeliveryMethodBody.of(await methods.put(body.to_method(method_id), caller))


@admin_router.delete(
    "/{method_id}", status_code=204, responses=responses(*ADMIN_PROBLEMS, NOT_FOUND)
)
async def delete_delivery_method(
    method_id: PathMethodId, caller: Admin, methods: DeliveryMethods
) -> None:
    """Delete a delivery method. Orders keep it."""
    await methods.delete(method_id, caller)
