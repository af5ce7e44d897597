import asyncio
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi import FastAPI, HTTPException, Query
from pydantic import AfterValidator, BaseModel
from pymongo.errors import AutoReconnect, OperationFailure
from starlette.responses import StreamingResponse

from shopkit.storage.mongo import GuardMissedError
from shopkit.testing.apps import client_of
from shopkit.testing.servers import serving
from shopkit.web import database_problems, problems
from shopkit.web.problems import ProblemType
from shopkit.web.telemetry import RequestMiddleware

GONE = ProblemType("gone-fishing", "Nobody is here", 409, headers={"Retry-After": "7"})
ONE_FIELD = ProblemType("one-field", "One field", 422, invalid_field="Idempotency-Key")
HIDDEN = ProblemType("hidden", "A part broke", 500, detail="Something is broken.")


class PlainError(Exception):
    pass


class SubclassError(PlainError):
    pass


class ExplainedError(Exception):
    def field_errors(self) -> list[tuple[str, str]]:
        return [("name", "is taken"), ("price", "is odd")]


class VariableError(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(f"variable {status}")
        self.status = status


def variable(error: Exception) -> ProblemType:
    assert isinstance(error, VariableError)
    return ProblemType("variable", "Variable", error.status, detail="By its content.")


RAISED: dict[str, Exception] = {
    "plain": PlainError("It is plain."),
    "subclass": SubclassError("It is a subclass."),
    "explained": ExplainedError("Two fields are wrong."),
    "variable": VariableError(503),
    "one-field": KeyError("reused"),
    "hidden": OSError("disk /var/secret is full"),
    "unexpected": ZeroDivisionError("mongodb://user:secret@internal-host:27017"),
    "teapot": HTTPException(418, "Short and stout", headers={"X-Pot": "tea"}),
    "unreachable": AutoReconnect("internal-host:27017 closed"),
    "missed": GuardMissedError("2 of 3 products"),
    "broken": OperationFailure("E11 secret", 2),
}


def sold(name: str) -> str:
    if name != "spoon":
        raise ValueError("is not sold")
    return name


class Line(BaseModel):
    name: Annotated[str, AfterValidator(sold)]
    quantity: int


class Body(BaseModel):
    lines: list[Line]


def app() -> FastAPI:
    app = FastAPI()
    problems.install(
        app,
        {
            **database_problems.TABLE,
            PlainError: GONE,
            ExplainedError: problems.VALIDATION,
            VariableError: variable,
            KeyError: ONE_FIELD,
            OSError: HIDDEN,
        },
    )

    app.add_middleware(RequestMiddleware)

    @app.get("/raise/{what}")
    async def fail(what: str) -> None:
        raise RAISED[what]

    @app.post("/lines")
    async def lines(body: Body, least: Annotated[int, Query(ge=1)] = 1) -> None:
        raise AssertionError

    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(app()) as client:
        client.headers["X-Request-ID"] = "request-1"
        yield client


def document(path: str, name: str, title: str, status: int, detail: str, **more: Any) -> Any:
    return {
        "type": f"/problems/{name}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": path,
        "request_id": "request-1",
        **more,
    }


async def connection_of(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    return await asyncio.open_connection(parts.hostname, parts.port)


class TestUnexpectedErrors:
    async def test_keep_the_connection_for_the_next_request(self) -> None:
        # Given
        async with serving(app()) as url:
            reader, writer = await connection_of(url)
            # When
            for path in ("/raise/unexpected", "/raise/plain"):
                writer.write(f"GET {path} HTTP/1.1\r\nHost: shop\r\n\r\n".encode())
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
                length = int(re.findall(rb"content-length: (\d+)", head)[0])
                await reader.readexactly(length)
                # Then
                assert b"connection: close" not in head
                assert b"x-request-id: " in head
            assert head.startswith(b"HTTP/1.1 409")
            writer.close()
            await writer.wait_closed()

    async def test_cut_a_response_that_has_started(self) -> None:
        # Given
        broken = app()

        @broken.get("/half")
        async def half() -> StreamingResponse:
            async def parts() -> AsyncIterator[bytes]:
                yield b"one"
                raise ZeroDivisionError

            return StreamingResponse(parts())

        async with serving(broken) as url:
            reader, writer = await connection_of(url)
            # When
            writer.write(b"GET /half HTTP/1.1\r\nHost: shop\r\n\r\n")
            received = await asyncio.wait_for(reader.read(), 5)
            # Then
            assert b"one" in received
            assert not received.endswith(b"0\r\n\r\n"), "the response looks complete"
            writer.close()
            await writer.wait_closed()


class TestInstall:
    @pytest.mark.parametrize(
        ("what", "name", "title", "status", "detail"),
        [
            ("plain", "gone-fishing", "Nobody is here", 409, "It is plain."),
            ("subclass", "gone-fishing", "Nobody is here", 409, "It is a subclass."),
            ("variable", "variable", "Variable", 503, "By its content."),
            ("hidden", "hidden", "A part broke", 500, "Something is broken."),
            (
                "unexpected",
                "internal",
                "Something went wrong",
                500,
                problems.INTERNAL_DETAIL,
            ),
            ("teapot", "i'm-a-teapot", "I'm a teapot", 418, "Short and stout"),
            (
                "unreachable",
                "unavailable",
                "The service is unavailable",
                503,
                "The database is unavailable. Try again in a moment.",
            ),
            (
                "missed",
                "unavailable",
                "The service is unavailable",
                503,
                "The database is unavailable. Try again in a moment.",
            ),
            ("broken", "internal", "Something went wrong", 500, problems.INTERNAL_DETAIL),
        ],
    )
    async def test_renders_an_exception_as_its_problem_without_leaks(
        self,
        client: httpx2.AsyncClient,
        what: str,
        name: str,
        title: str,
        status: int,
        detail: str,
    ) -> None:
        # When
        response = await client.get(f"/raise/{what}")
        # Then
        assert response.status_code == status
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json() == document(f"/raise/{what}", name, title, status, detail)

    async def test_sends_the_headers_of_the_problem_type(self, client: httpx2.AsyncClient) -> None:
        response = await client.get("/raise/plain")
        assert response.headers["retry-after"] == "7"

    async def test_names_the_invalid_fields_of_an_exception(
        self, client: httpx2.AsyncClient
    ) -> None:
        # When
        response = await client.get("/raise/explained")
        # Then
        assert response.json() == document(
            "/raise/explained",
            "validation",
            "The request is invalid",
            422,
            "Two fields are wrong.",
            errors=[
                {"field": "name", "message": "is taken"},
                {"field": "price", "message": "is odd"},
            ],
        )

    async def test_names_the_field_of_a_type_that_is_about_one_field(
        self, client: httpx2.AsyncClient
    ) -> None:
        response = await client.get("/raise/one-field")
        assert response.json()["errors"] == [{"field": "Idempotency-Key", "message": "'reused'"}]

    async def test_sends_the_headers_of_an_http_exception(self, client: httpx2.AsyncClient) -> None:
        assert (await client.get("/raise/teapot")).headers["x-pot"] == "tea"


class TestValidation:
    async def test_names_each_invalid_field_with_its_path(self, client: httpx2.AsyncClient) -> None:
        # When
        response = await client.post(
            "/lines?least=0",
            json={"lines": [{"name": "spoon", "quantity": 1}, {"name": "fork", "quantity": "x"}]},
        )
        # Then
        assert response.status_code == 422
        assert response.json() == document(
            "/lines",
            "validation",
            "The request is invalid",
            422,
            "least: Must be greater than or equal to 1. lines.1.name: Is not sold. "
            "lines.1.quantity: Must be a valid integer.",
            errors=[
                {"field": "least", "message": "Must be greater than or equal to 1."},
                {"field": "lines.1.name", "message": "Is not sold."},
                {"field": "lines.1.quantity", "message": "Must be a valid integer."},
            ],
        )

    async def test_a_missing_body_has_no_field_name(self, client: httpx2.AsyncClient) -> None:
        response = await client.post("/lines")
        assert response.status_code == 422
        assert response.json()["detail"] == "This value is required."
        assert response.json()["errors"] == [{"field": "", "message": "This value is required."}]

    async def test_does_not_repeat_the_input(self, client: httpx2.AsyncClient) -> None:
        response = await client.post("/lines", json={"lines": "hunter2"})
        assert "hunter2" not in response.text

    @pytest.mark.parametrize(
        "content", [b'{"lines": ', b"{'lines': []}", b"[1, 2", b"\xff\xfe", b"[" * 100_000]
    )
    async def test_a_body_that_is_not_json_is_a_client_error(
        self, client: httpx2.AsyncClient, content: bytes
    ) -> None:
        response = await client.post(
            "/lines", content=content, headers={"Content-Type": "application/json"}
        )
        assert response.status_code in {400, 422}
        assert response.headers["content-type"] == "application/problem+json"


class TestHttp:
    async def test_renders_an_unknown_path_as_a_problem(self, client: httpx2.AsyncClient) -> None:
        response = await client.get("/nowhere")
        assert response.json() == document(
            "/nowhere", "not-found", "Not found", 404, "There is nothing at /nowhere."
        )

    async def test_renders_an_unsupported_method_as_a_problem(
        self, client: httpx2.AsyncClient
    ) -> None:
        response = await client.delete("/lines")
        assert response.headers["allow"] == "POST"
        assert response.json() == document(
            "/lines",
            "method-not-allowed",
            "Method not allowed",
            405,
            "/lines does not support DELETE.",
        )


class TestResponses:
    def test_lists_each_status_once_with_all_its_problems(self) -> None:
        # When
        documented = problems.responses(problems.UNAUTHENTICATED, GONE, ProblemType("b", "B", 409))
        # Then
        content = {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
        }
        assert documented == {
            401: {
                "description": "Sign in first (`/problems/unauthenticated`)",
                "content": content,
                "headers": {"WWW-Authenticate": {"schema": {"type": "string"}}},
            },
            409: {
                "description": "Nobody is here (`/problems/gone-fishing`) or B (`/problems/b`)",
                "content": content,
                "headers": {"Retry-After": {"schema": {"type": "string"}}},
            },
        }
