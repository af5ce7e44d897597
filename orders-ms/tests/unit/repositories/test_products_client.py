from types import TracebackType
from typing import Any, Self

import aiohttp
import pytest

from orders.repositories.products_client import ProductsClient
from shopkit.contract import internal
from shopkit.contract.events import OrderStatus
from shopkit.contract.internal import DecidedOrder, DecidedOrders, ProductStates
from shopkit.testing.collector import recorded
from shopkit.testing.deliveries import an_id, state


class Answer:
    status = 200

    def __init__(self, body: bytes, error: Exception | None) -> None:
        self._body = body
        self._error = error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing has to be given back."""

    def raise_for_status(self) -> None:
        if self._error:
            raise self._error

    async def read(self) -> bytes:
        return self._body


class Session:
    """Answers as products-ms would, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, Any]] = []
        self.bodies: list[str] = []
        self.error: Exception | None = None
        self.headers: dict[str, str] = {}

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        timeout: aiohttp.ClientTimeout,
        params: dict[str, str] | None = None,
        json: Any = None,
    ) -> Answer:
        self.requests.append((method, url, params if json is None else json))
        self.headers = headers
        body = self.bodies.pop(0) if self.bodies else ""
        return Answer(body.encode(), self.error)


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def remote(session: Session) -> ProductsClient:
    double: Any = session
    return ProductsClient(double, "http://products:8002/")


class TestProducts:
    async def test_reads_pages_until_one_is_empty(
        self, remote: ProductsClient, session: Session
    ) -> None:
        # Given
        pages = [[state(1), state(2)], [state(3)], []]
        session.bodies = [ProductStates(products=page).model_dump_json() for page in pages]
        # When
        found = [pair async for pair in remote.products()]
        # Then
        assert found == [(an_id(number), state(number)) for number in (1, 2, 3)]
        url = "http://products:8002/internal/products"
        assert session.requests == [
            ("GET", url, {}),
            ("GET", url, {"after": an_id(2)}),
            ("GET", url, {"after": an_id(3)}),
        ]

    async def test_raises_an_error_for_an_invalid_response(
        self, remote: ProductsClient, session: Session
    ) -> None:
        session.error = aiohttp.ClientError("503")
        with pytest.raises(aiohttp.ClientError):
            await anext(remote.products())


class TestTrace:
    async def test_products_ms_continues_the_trace(
        self, remote: ProductsClient, session: Session
    ) -> None:
        # When
        with recorded() as exported:
            await remote.cancel([an_id(1)])
        # Then
        (call,) = exported.get_finished_spans()
        assert call.context
        assert call.name == "POST /internal/orders/cancel"
        assert session.headers["traceparent"].split("-")[2] == f"{call.context.span_id:016x}"

    async def test_sends_no_trace_if_traces_are_off(
        self, remote: ProductsClient, session: Session
    ) -> None:
        await remote.cancel([an_id(1)])
        assert session.headers == {}


class TestOrders:
    async def test_reads_pages_until_one_is_empty(
        self, remote: ProductsClient, session: Session
    ) -> None:
        # Given
        decision = DecidedOrder(id=an_id(1), status=OrderStatus.ACCEPTED, age_seconds=3.5)
        session.bodies = [DecidedOrders(orders=page).model_dump_json() for page in ([decision], [])]
        # When / Then
        assert [pair async for pair in remote.decisions()] == [(an_id(1), decision)]
        assert session.requests[1] == (
            "GET",
            "http://products:8002/internal/orders",
            {"after": an_id(1)},
        )


class TestResend:
    async def test_sends_requests_in_pages(
        self, remote: ProductsClient, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        monkeypatch.setattr("orders.repositories.products_client.PAGE", 2)
        # When
        await remote.resend({an_id(1): 0, an_id(2): 5, an_id(3): 7})
        # Then
        url = "http://products:8002/internal/products/resend"
        first = [{"id": an_id(1), "version": 0}, {"id": an_id(2), "version": 5}]
        assert session.requests == [
            ("POST", url, {"products": first}),
            ("POST", url, {"products": [{"id": an_id(3), "version": 7}]}),
        ]
        assert internal.PAGE == 500

    async def test_raises_an_error_if_the_request_is_refused(
        self, remote: ProductsClient, session: Session
    ) -> None:
        session.error = aiohttp.ClientError("500")
        with pytest.raises(aiohttp.ClientError):
            await remote.resend({an_id(1): 0})


class TestCancel:
    async def test_sends_requests_in_pages(
        self, remote: ProductsClient, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        monkeypatch.setattr("orders.repositories.products_client.PAGE", 2)
        # When
        await remote.cancel([an_id(1), an_id(2), an_id(3)])
        # Then
        url = "http://products:8002/internal/orders/cancel"
        assert session.requests == [
            ("POST", url, {"ids": [an_id(1), an_id(2)]}),
            ("POST", url, {"ids": [an_id(3)]}),
        ]

    async def test_sends_no_request_for_an_empty_list(
        self, remote: ProductsClient, session: Session
    ) -> None:
        await remote.cancel([])
        assert session.requests == []
