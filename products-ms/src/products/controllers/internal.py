"""Endpoints for orders-ms on the private network. The gateway does not route to them."""

from typing import Annotated

from fastapi import APIRouter, Query

from products.dependencies import Comparison
from shopkit.contract.events import Id
from shopkit.contract.internal import (
    PAGE,
    CancelOrders,
    DecidedOrder,
    DecidedOrders,
    ProductStates,
    ResendProducts,
)

router = APIRouter(prefix="/internal", include_in_schema=False)

After = Annotated[Id | None, Query()]


@router.get("/products")
async def list_products(comparison: Comparison, after: After = None) -> ProductStates:
    """List products by id."""
    return ProductStates(products=await comparison.products(after, PAGE))


@router.post("/products/resend", status_code=202)
async def resend_products(body: ResendProducts, comparison: Comparison) -> None:
    """Send products again with higher versions."""
    await comparison.resend({product.id: product.version for product in body.products})


@router.get("/orders")
async def list_decisions(comparison: Comparison, after: After = None) -> DecidedOrders:
    """List decisions by order id."""
    return DecidedOrders(
        orders=[
            DecidedOrder(id=decision.order_id, status=decision.status, age_seconds=age_seconds)
            for decision, age_seconds in await comparison.decisions(after, PAGE)
        ]
    )


@router.post("/orders/cancel", status_code=202)
async def cancel_orders(body: CancelOrders, comparison: Comparison) -> None:
    """Return the stock of orders that do not exist in orders-db."""
    await comparison.cancel(body.ids)
