"""What products-ms holds, asked for over its internal endpoints."""

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
from shopkit.tracing.context import current_origin

TIMEOUT = aiohttp.ClientTimeout(total=10)

B = TypeVar("B", bound=BaseModel)


class RemoteProducts:
    """A client of products-ms's internal endpoints.

    Its methods raise aiohttp.ClientError or TimeoutError where products-ms is away.
    """

    def __init__(self, session: aiohttp.ClientSession, products_url: str) -> None:
        self._session = session
        self._url = products_url.rstrip("/")

    async def products(self) -> AsyncIterator[tuple[str, ProductState]]:
        """Yield all products by id."""
        after: str | None = None
        while page := (await self._page("products", after, ProductStates)).products:
            for product in page:
                yield product.id, product
            after = page[-1].id

    async def orders(self) -> AsyncIterator[tuple[str, DecidedOrder]]:
        """Yield what is recorded of all orders by id."""
        after: str | None = None
        while page := (await self._page("orders", after, DecidedOrders)).orders:
            for order in page:
                yield order.id, order
            after = page[-1].id

    async def resend(self, known: Mapping[str, int]) -> None:
        """Have products sent again, in versions above those given."""
        products = [KnownProduct(id=id_, version=version) for id_, version in known.items()]
        for start in range(0, len(products), PAGE):
            await self._post(
                "products/resend", ResendProducts(products=products[start : start + PAGE])
            )

    async def cancel(self, order_ids: Sequence[str]) -> None:
        """Have orders cancelled that nobody placed."""
        for start in range(0, len(order_ids), PAGE):
            await self._post(
                "orders/cancel", CancelOrders(ids=list(order_ids[start : start + PAGE]))
            )

    async def _page(self, path: str, after: str | None, body: type[B]) -> B:
        params = {"after": after} if after else {}
        return body.model_validate_json(await self._ask("GET", path, params=params))

    async def _post(self, path: str, body: BaseModel) -> None:
        await self._ask("POST", path, json=body.model_dump(mode="json"))

    async def _ask(self, method: str, path: str, **content: Any) -> bytes:
        route = f"/internal/{path}"
        with spans.calling("products-ms", method, route, current_origin()) as span:
            async with self._session.request(
                method, self._url + route, headers=span.headers, timeout=TIMEOUT, **content
            ) as answer:
                span.answered(answer.status)
                answer.raise_for_status()
                return await answer.read()
