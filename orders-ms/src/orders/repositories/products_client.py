"""The client of the internal endpoints of products-ms."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import aiohttp
from pydantic import BaseModel

from orders.models.comparison import IdRange
from shopkit.contract.events import ProductState
from shopkit.contract.internal import (
    ORDERS_DB_HEADER,
    PAGE,
    PRODUCTS,
    PRODUCTS_DB,
    PRODUCTS_DB_HEADER,
    CancelOrders,
    DatabaseBody,
    DecidedOrder,
    DecidedOrders,
    KnownProduct,
    ProductStates,
    RangeDigest,
    ResendProducts,
    ResentProducts,
)
from shopkit.proofs import ProofSigner, proof_header
from shopkit.storage.database_identity import DatabaseIdentity, OtherDatabaseError
from shopkit.tracing import spans
from shopkit.tracing.context import current_trace_context

_TIMEOUT = aiohttp.ClientTimeout(total=10)


class ProductsClient:
    """Calls the internal endpoints of products-ms.

    All methods raise aiohttp.ClientError or TimeoutError if products-ms is unavailable, and
    IdentityError if one of the databases is not the one that the other side knows.

    Args:
        session: The HTTP session.
        products_url: The address of products-ms.
        identity: The identities of orders-db and products-db.
        proofs: Proves that orders-ms calls.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        products_url: str,
        identity: DatabaseIdentity,
        proofs: ProofSigner,
    ) -> None:
        self._session = session
        self._url = products_url.rstrip("/")
        self._identity = identity
        self._proofs = proofs

    async def check_databases(self) -> None:
        """Check on both sides that the other database is the one known before."""
        body = DatabaseBody.model_validate_json(await self._request("GET", "database"))
        await self._identity.check(PRODUCTS_DB, body.identity)

    async def accept_databases(self) -> str:
        """Let each side accept the other's database, and return the identity of products-db."""
        own = DatabaseBody(identity=await self._identity.own())
        answer = await self._request("PUT", "database", json=own.model_dump())
        accepted = DatabaseBody.model_validate_json(answer).identity
        await self._identity.accept(PRODUCTS_DB, accepted)
        return accepted

    async def products(self, ids: IdRange) -> list[ProductState]:
        """Return the first products of a range, ordered by id."""
        answer = await self._request("GET", "products", params=_params(ids))
        return ProductStates.model_validate_json(answer).products

    async def digest_products(self, ids: IdRange) -> RangeDigest:
        """Return a digest of the first products of a range."""
        answer = await self._request("GET", "products/digest", params=_params(ids))
        return RangeDigest.model_validate_json(answer)

    async def decisions(self, ids: IdRange) -> list[DecidedOrder]:
        """Return the first decisions of a range of order ids, ordered by id."""
        answer = await self._request("GET", "orders", params=_params(ids))
        return DecidedOrders.model_validate_json(answer).orders

    async def digest_decisions(self, ids: IdRange) -> RangeDigest:
        """Return a digest of the first decisions of a range of order ids."""
        answer = await self._request("GET", "orders/digest", params=_params(ids))
        return RangeDigest.model_validate_json(answer)

    async def resend(self, known: Mapping[str, int]) -> list[str]:
        """Request that products are sent again, and return the ids of those that do not exist.

        Args:
            known: The versions in the projection, by product id. products-ms sends higher ones.
        """
        products = [KnownProduct(id=id_, version=version) for id_, version in known.items()]
        unknown: list[str] = []
        for start in range(0, len(products), PAGE):
            body = ResendProducts(products=products[start : start + PAGE])
            answer = await self._post("products/resend", body)
            unknown += ResentProducts.model_validate_json(answer).unknown
        return unknown

    async def cancel(self, order_ids: Sequence[str]) -> None:
        """Request that the stock of at most `CANCEL_LIMIT` orders that do not exist is returned."""
        await self._post("orders/cancel", CancelOrders(ids=list(order_ids)))

    async def _post(self, path: str, body: BaseModel) -> bytes:
        return await self._request("POST", path, json=body.model_dump(mode="json"))

    async def _request(self, method: str, path: str, **content: Any) -> bytes:
        route = f"/internal/{path}"
        own = await self._own_headers()
        with spans.start_call("products-ms", method, route, current_trace_context()) as span:
            async with self._session.request(
                method,
                self._url + route,
                headers={**span.headers, **own},
                timeout=_TIMEOUT,
                **content,
            ) as response:
                span.set_answered(response.status)
                if response.status == HTTPStatus.CONFLICT:
                    raise OtherDatabaseError((await response.json(content_type=None))["detail"])
                response.raise_for_status()
                return await response.read()

    async def _own_headers(self) -> dict[str, str]:
        """Return the proof of who calls, and the identities of the databases."""
        headers = dict([proof_header(self._proofs.prove_service(PRODUCTS))])
        headers[ORDERS_DB_HEADER] = await self._identity.own()
        if products_db := await self._identity.known(PRODUCTS_DB):
            headers[PRODUCTS_DB_HEADER] = products_db
        return headers


def _params(ids: IdRange) -> dict[str, str]:
    return {name: bound for name, bound in ids._asdict().items() if bound}
