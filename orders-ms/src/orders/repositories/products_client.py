"""The client of the internal endpoints of products-ms."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, TypeVar

import aiohttp
from pydantic import BaseModel

from shopkit.contract.events import ProductState
from shopkit.contract.internal import (
    PAGE,
    CancelOrders,
    DecidedOrder,
    DecidedOrders,
    KnownProduct,
    ProductStates,
    ResendProducts,
)
from shopkit.tracing import spans
from shopkit.tracing.context import current_trace_context

_TIMEOUT = aiohttp.ClientTimeout(total=10)

B = TypeVar("B", bound=BaseModel)


class ProductsClient:
    """Calls the internal endpoints of products-ms.

    All methods raise aiohttp.ClientError or TimeoutError if products-ms is unavailable.
    """

    def __init__(self, session: aiohttp.ClientSession, products_url: str) -> None:
        self._session = session
        self._url = products_url.rstrip("/")

    async def products(self) -> AsyncIterator[tuple[str, ProductState]]:
        """Yield all products with their ids, ordered by id."""
        after: str | None = None
        while page := (await self._page("products", after, ProductStates)).products:
            for product in page:
                yield product.id, product
            after = page[-1].id

    async def decisions(self) -> AsyncIterator[tuple[str, DecidedOrder]]:
        """Yield the decisions about all orders with the orders' ids, ordered by id."""
        after: str | None = None
        while page := (await self._page("orders", after, DecidedOrders)).orders:
            for order in page:
                yield order.id, order
            after = page[-1].id

    async def resend(self, known: Mapping[str, int]) -> None:
        """Request that products are sent again.

        Args:
            known: The versions in the projection, by product id. products-ms sends higher ones.
        """
        products = [KnownProduct(id=id_, version=version) for id_, version in known.items()]
        for start in range(0, len(products), PAGE):
            await self._post(
                "products/resend", ResendProducts(products=products[start : start + PAGE])
            )

    async def cancel(self, order_ids: Sequence[str]) -> None:
        """Request that the stock of orders that do not exist is returned."""
        for start in range(0, len(order_ids), PAGE):
            await self._post(
                "orders/cancel", CancelOrders(ids=list(order_ids[start : start + PAGE]))
            )

    async def _page(self, path: str, after: str | None, body_type: type[B]) -> B:
        params = {"after": after} if after else {}
        return body_type.model_validate_json(await self._request("GET", path, params=params))

    async def _post(self, path: str, body: BaseModel) -> None:
        await self._request("POST", path, json=body.model_dump(mode="json"))

    async def _request(self, method: str, path: str, **content: Any) -> bytes:
        route = f"/internal/{path}"
        with spans.start_call("products-ms", method, route, current_trace_context()) as span:
            async with self._session.request(
                method, self._url + route, headers=span.headers, timeout=_TIMEOUT, **content
            ) as response:
                span.set_answered(response.status)
                response.raise_for_status()
                return await response.read()
