"""Endpoints for orders-ms only. The gateway does not route to them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query

from products.dependencies import Comparison
from shopkit.contract.events import Id
from shopkit.contract.internal import (
    ORDERS,
    ORDERS_DB_HEADER,
    PRODUCTS_DB_HEADER,
    CancelOrders,
    DatabaseBody,
    DecidedOrder,
    DecidedOrders,
    Identity,
    ProductStates,
    RangeDigest,
    ResendProducts,
    ResentProducts,
)
from shopkit.web.identity import require_service

router = APIRouter(
    prefix="/internal", include_in_schema=False, dependencies=[Depends(require_service(ORDERS))]
)

After = Annotated[Id | None, Query()]
Until = Annotated[Id | None, Query()]


async def _check_databases(
    comparison: Comparison,
    orders_db: Annotated[Identity, Header(alias=ORDERS_DB_HEADER)],
    products_db: Annotated[Identity | None, Header(alias=PRODUCTS_DB_HEADER)] = None,
) -> str:
    return await comparison.check_databases(orders_db, products_db)


OwnIdentity = Annotated[str, Depends(_check_databases)]
CHECKED = [Depends(_check_databases)]


@router.get("/database")
async def get_database(identity: OwnIdentity) -> DatabaseBody:
    """Return the identity of products-db, if both databases are those known before."""
    return DatabaseBody(identity=identity)


@router.put("/database")
async def accept_database(body: DatabaseBody, comparison: Comparison) -> DatabaseBody:
    """Accept another orders-db, and return the identity of products-db."""
    return DatabaseBody(identity=await comparison.accept_orders_db(body.identity))


@router.get("/products", dependencies=CHECKED)
async def list_products(
    comparison: Comparison, after: After = None, until: Until = None
) -> ProductStates:
    """List the first products of a range of ids."""
    return ProductStates(products=await comparison.products(after, until))


@router.get("/products/digest", dependencies=CHECKED)
async def digest_products(
    comparison: Comparison, after: After = None, until: Until = None
) -> RangeDigest:
    """Return a digest of the first products of a range of ids."""
    return await comparison.digest_products(after, until)


@router.post("/products/resend", status_code=202, dependencies=CHECKED)
async def resend_products(body: ResendProducts, comparison: Comparison) -> ResentProducts:
    """Send products again with higher versions."""
    known = {product.id: product.version for product in body.products}
    return ResentProducts(unknown=await comparison.resend(known))


@router.get("/orders", dependencies=CHECKED)
async def list_decisions(
    comparison: Comparison, after: After = None, until: Until = None
) -> DecidedOrders:
    """List the first decisions of a range of order ids."""
    return DecidedOrders(
        orders=[
            DecidedOrder(id=settled.order_id, status=settled.status, age_seconds=age_seconds)
            for settled, age_seconds in await comparison.decisions(after, until)
        ]
    )


@router.get("/orders/digest", dependencies=CHECKED)
async def digest_decisions(
    comparison: Comparison, after: After = None, until: Until = None
) -> RangeDigest:
    """Return a digest of the first decisions of a range of order ids."""
    return await comparison.digest_decisions(after, until)


@router.post("/orders/cancel", status_code=202, dependencies=CHECKED)
async def cancel_orders(body: CancelOrders, comparison: Comparison) -> None:
    """Return the stock of orders that do not exist in orders-db."""
    await comparison.cancel(body.ids)
