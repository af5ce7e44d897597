"""Endpoints for orders-ms on the private network; the gateway passes none of them on."""

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

routes = APIRouter(prefix="/internal", include_in_schema=False)

After = Annotated[Id | None, Query()]


@routes.get("/products")
async def products(comparison: Comparison, after: After = None) -> ProductStates:
    """List products by id."""
    return ProductStates(products=await comparison.products(after, PAGE))


@routes.post("/products/resend", status_code=202)
async def resend(body: ResendProducts, comparison: Comparison) -> None:
    """Send products again in a higher version."""
    await comparison.resend({product.id: product.version for product in body.products})


@routes.get("/orders")
async def orders(comparison: Comparison, after: After = None) -> DecidedOrders:
    """List what is recorded of orders by id."""
    return DecidedOrders(
        orders=[
            DecidedOrder(id=stub.order_id, status=stub.status, age_seconds=age)
            for stub, age in await comparison.stubs(after, PAGE)
        ]
    )


@routes.post("/orders/cancel", status_code=202)
async def cancel(body: CancelOrders, comparison: Comparison) -> None:
    """Cancel orders that nobody placed."""
    await comparison.cancel(body.ids)
