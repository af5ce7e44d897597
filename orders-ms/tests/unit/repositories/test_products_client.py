from json import loads
from types import TracebackType
from typing import Any, Self

import aiohttp
import pytest
from pydantic import ValidationError

from orders.models.comparison import IdRange
from orders.repositories.products_client import ProductsClient
from shopkit.contract import internal
from shopkit.contract.events import OrderStatus
from shopkit.contract.internal import (
    DatabaseBody,
    DecidedOrder,
    DecidedOrders,
    ProductStates,
    RangeDigest,
    ResentProducts,
)
from shopkit.proofs import ProofSigner, ProofVerifier
from shopkit.storage.database_identity import (
    DatabaseIdentity,
    IdentityMissingError,
    OtherDatabaseError,
)
from shopkit.storage.mongo import Database
from shopkit.testing.collector import recorded
from shopkit.testing.deliveries import NOON, an_id, state
from shopkit.testing.proofs import ORDERS_KEY

SIGNER = ProofSigner("orders-ms", ORDERS_KEY.private)
OWN, THEIRS, OTHER = "a" * 32, "b" * 32, "c" * 32


class Answer:
    def __init__(self, body: bytes, error: Exception | None, status: int) -> None:
        self._body = body
        self._error = error
        self.status = status

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

    async def json(self, *, content_type: None) -> Any:
        return loads(self._body)


class Session:
    """Answers as products-ms would, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, Any]] = []
        self.bodies: list[str] = []
        self.error: Exception | None = None
        self.headers: dict[str, str] = {}
        self.status = 200

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
        return Answer(body.encode(), self.error, self.status)


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
async def identity(database: Database) -> DatabaseIdentity:
    await database["database_identity"].insert_one({"_id": "own", "identity": OWN})
    return DatabaseIdentity(database)


@pytest.fixture
def remote(session: Session, identity: DatabaseIdentity) -> ProductsClient:
    double: Any = session
    return ProductsClient(double, "http://products:8002/", identity, SIGNER)


class TestProof:
    async def test_proves_to_products_ms_that_orders_ms_calls(
        self, remote: ProductsClient, session: Session
    ) -> None:
        # Given
        verifier = ProofVerifier("products-ms", {"orders-ms": ORDERS_KEY.public})
        session.bodies = [ProductStates(products=[]).model_dump_json()]
        # When
        await remote.products(IdRange(None, None))
        # Then
        proof = session.headers["Authorization"].removeprefix("Bearer ")
        verifier.verify_service(proof, "orders-ms", lambda: NOON)


class TestRanges:
    async def test_reads_products(self, remote: ProductsClient, session: Session) -> None:
        # Given
        session.bodies = [ProductStates(products=[state(1), state(2)]).model_dump_json()] * 2
        # When
        found = await remote.products(IdRange(None, None))
        await remote.products(IdRange(an_id(1), an_id(2)))
        # Then
        assert found == [state(1), state(2)]
        url = "http://products:8002/internal/products"
        assert session.requests == [
            ("GET", url, {}),
            ("GET", url, {"after": an_id(1), "until": an_id(2)}),
        ]

    async def test_reads_decisions(self, remote: ProductsClient, session: Session) -> None:
        # Given
        decision = DecidedOrder(id=an_id(1), status=OrderStatus.ACCEPTED, age_seconds=3.5)
        session.bodies = [DecidedOrders(orders=[decision]).model_dump_json()]
        # When / Then
        assert await remote.decisions(IdRange(an_id(0), None)) == [decision]
        url = "http://products:8002/internal/orders"
        assert session.requests == [("GET", url, {"after": an_id(0)})]

    async def test_reads_digests(self, remote: ProductsClient, session: Session) -> None:
        # Given
        digest = RangeDigest(count=1, last=an_id(1), digest="d")
        session.bodies = [digest.model_dump_json()] * 2
        # When / Then
        assert await remote.digest_products(IdRange(None, None)) == digest
        assert await remote.digest_decisions(IdRange(None, None)) == digest
        assert [url for _, url, _ in session.requests] == [
            "http://products:8002/internal/products/digest",
            "http://products:8002/internal/orders/digest",
        ]

    async def test_raises_an_error_for_an_invalid_response(
        self, remote: ProductsClient, session: Session
    ) -> None:
        session.error = aiohttp.ClientError("503")
        with pytest.raises(aiohttp.ClientError):
            await remote.products(IdRange(None, None))


class TestDatabases:
    async def test_remembers_products_db_and_expects_it_from_then_on(
        self, remote: ProductsClient, session: Session, identity: DatabaseIdentity
    ) -> None:
        # Given
        session.bodies = [DatabaseBody(identity=THEIRS).model_dump_json()]
        # When
        await remote.check_databases()
        # Then
        assert "Products-Database" not in session.headers
        await remote.cancel([an_id(1)])
        assert session.headers["Orders-Database"] == OWN
        assert session.headers["Products-Database"] == THEIRS

    async def test_refuses_another_products_db(
        self, remote: ProductsClient, session: Session, identity: DatabaseIdentity
    ) -> None:
        # Given
        await identity.accept("products-db", OTHER)
        session.bodies = [DatabaseBody(identity=THEIRS).model_dump_json()]
        # When / Then
        with pytest.raises(OtherDatabaseError, match=f"products-db {THEIRS}, .* {OTHER} before"):
            await remote.check_databases()

    async def test_raises_an_error_if_products_ms_refuses(
        self, remote: ProductsClient, session: Session
    ) -> None:
        # Given
        session.status, session.bodies = 409, ['{"detail": "This is another database."}']
        # When / Then
        with pytest.raises(OtherDatabaseError, match=r"^This is another database\.$"):
            await remote.cancel([an_id(1)])

    async def test_sends_nothing_from_a_database_without_identity(
        self, remote: ProductsClient, session: Session, database: Database
    ) -> None:
        # Given
        await database["database_identity"].delete_many({})
        # When / Then
        with pytest.raises(IdentityMissingError):
            await remote.cancel([an_id(1)])
        assert session.requests == []

    async def test_accepts_another_products_db(
        self, remote: ProductsClient, session: Session, identity: DatabaseIdentity
    ) -> None:
        # Given
        await identity.accept("products-db", OTHER)
        session.bodies = [DatabaseBody(identity=THEIRS).model_dump_json()]
        # When / Then
        assert await remote.accept_databases() == THEIRS
        url = "http://products:8002/internal/database"
        assert session.requests == [("PUT", url, {"identity": OWN})]
        assert await identity.known("products-db") == THEIRS


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
        assert "traceparent" not in session.headers


class TestResend:
    async def test_sends_requests_in_pages(
        self, remote: ProductsClient, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        monkeypatch.setattr("orders.repositories.products_client.PAGE", 2)
        answers = [ResentProducts(unknown=[an_id(2)]), ResentProducts(unknown=[an_id(3)])]
        session.bodies = [answer.model_dump_json() for answer in answers]
        # When
        unknown = await remote.resend({an_id(1): 0, an_id(2): 5, an_id(3): 7})
        # Then
        assert unknown == [an_id(2), an_id(3)]
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
    async def test_sends_a_request(self, remote: ProductsClient, session: Session) -> None:
        # When
        await remote.cancel([an_id(1), an_id(2)])
        # Then
        url = "http://products:8002/internal/orders/cancel"
        assert session.requests == [("POST", url, {"ids": [an_id(1), an_id(2)]})]

    async def test_refuses_more_than_ten_orders(
        self, remote: ProductsClient, session: Session
    ) -> None:
        with pytest.raises(ValidationError, match="at most 10 items"):
            await remote.cancel([an_id(number) for number in range(11)])
        assert session.requests == []
