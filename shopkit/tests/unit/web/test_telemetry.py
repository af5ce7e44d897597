import json
import logging
import random
import string
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx2
import pytest
import structlog
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from shopkit.testing.apps import client_of
from shopkit.tracing import context
from shopkit.tracing.context import TraceContext
from shopkit.web import telemetry
from shopkit.web.telemetry import RequestMiddleware, configure_logging

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def app() -> FastAPI:
    app = FastAPI()
    app.add_middleware(RequestMiddleware)
    app.add_route("/metrics", telemetry.metrics)

    @app.get("/things/{thing}")
    async def thing(thing: int) -> str:
        return context.current_request_id()

    @app.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError

    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(app()) as client:
        yield client


class TestRequestMiddleware:
    async def test_returns_and_activates_the_senders_trace_context(
        self, client: httpx2.AsyncClient
    ) -> None:
        # When
        response = await client.get(
            "/things/1", headers={"X-Request-ID": "request-1", "traceparent": TRACE}
        )
        # Then
        assert response.json() == "request-1"
        assert response.headers["x-request-id"] == "request-1"
        assert response.headers["traceparent"] == TRACE

    async def test_creates_a_trace_context_if_the_senders_is_invalid(
        self, client: httpx2.AsyncClient
    ) -> None:
        # When
        response = await client.get("/things/1", headers={"X-Request-ID": "a b"})
        # Then
        assert response.headers["x-request-id"] == response.json() != "a b"
        assert len(response.json()) == 32

    async def test_errors_carry_the_trace_context(self, client: httpx2.AsyncClient) -> None:
        response = await client.get("/nowhere", headers={"X-Request-ID": "request-1"})
        assert (response.status_code, response.headers["x-request-id"]) == (404, "request-1")

    @pytest.mark.parametrize(
        ("path", "route", "status"),
        [
            ("/things/7", "/things/{thing}", "200"),
            ("/things/x", "/things/{thing}", "422"),
            ("/elsewhere", "unknown", "404"),
            ("/broken", "/broken", "500"),
        ],
    )
    async def test_counts_requests_by_route(
        self,
        client: httpx2.AsyncClient,
        counted: Callable[..., float],
        path: str,
        route: str,
        status: str,
    ) -> None:
        # Given
        labels = {"method": "GET", "route": route}
        requests = counted("http_requests_total", **labels, status=status)
        timed = counted("http_request_duration_seconds_count", **labels)
        # When
        await client.get(path)
        # Then
        assert counted("http_requests_total", **labels, status=status) == requests + 1
        assert counted("http_request_duration_seconds_count", **labels) == timed + 1

    async def test_passes_other_protocols_through(self) -> None:
        # Given
        seen: list[Scope] = []

        async def inner(scope: Scope, receive: Receive, send: Send) -> None:
            seen.append(scope)

        async def nothing(*_: Any) -> Any:
            raise AssertionError

        # When
        await RequestMiddleware(inner)({"type": "lifespan"}, nothing, nothing)
        # Then
        assert seen == [{"type": "lifespan"}]
        assert context.current_request_id() == ""


class TestMetrics:
    async def test_returns_prometheus_text(self, client: httpx2.AsyncClient) -> None:
        response = await client.get("/metrics")
        assert response.headers["content-type"].startswith("text/plain; version=")
        assert "# TYPE http_requests_total counter" in response.text

    async def test_do_not_grow_with_what_clients_send(self, client: httpx2.AsyncClient) -> None:
        # Given
        rng = random.Random(1)

        async def send() -> None:
            method = "".join(rng.choices(string.ascii_uppercase, k=rng.randint(1, 12)))
            path = rng.choice(["/things/", "/broken/", "/", "/metrics/"])
            await client.request(method, f"{path}{rng.randrange(1_000_000)}")

        for _ in range(50):
            await send()
        before = (await client.get("/metrics")).text.splitlines()
        # When
        for _ in range(1_000):
            await send()
        # Then
        assert len((await client.get("/metrics")).text.splitlines()) == len(before)


@pytest.fixture
def _logging_as_before() -> Iterator[None]:
    root, kept = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("pymongo", "httpx2", "watchfiles")}
    aiokafka = logging.getLogger("aiokafka").level
    yield
    root.handlers, root.level = handlers, level
    structlog.configure(**kept)
    for name, before in (levels | {"aiokafka": aiokafka}).items():
        logging.getLogger(name).setLevel(before)


@pytest.mark.usefixtures("_logging_as_before")
class TestConfigureLogging:
    def lines(self, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    def test_writes_json_with_the_service_and_the_trace_context(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        # Given
        configure_logging("orders-ms", "info", human_readable=False)
        context.activate(TraceContext("request-1", TRACE))
        # When
        structlog.get_logger("one").info("placed", order_id="a")
        logging.getLogger("two").warning("from a library")
        structlog.get_logger("one").debug("not shown")
        # Then
        first, second = self.lines(capsys)
        assert first.pop("timestamp").endswith("Z")
        assert first == {
            "event": "placed",
            "order_id": "a",
            "severity": "INFO",
            "logger": "one",
            "service": "orders-ms",
            "request_id": "request-1",
            "trace_id": "0af7651916cd43dd8448eb211c80319c",
        }
        assert (second["event"], second["severity"], second["service"]) == (
            "from a library",
            "WARNING",
            "orders-ms",
        )

    def test_names_no_request_outside_a_request(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure_logging("orders-ms", "INFO", human_readable=False)
        structlog.get_logger("one").info("started")
        assert self.lines(capsys)[0].keys().isdisjoint({"request_id", "trace_id"})

    @pytest.mark.parametrize("traceparent", ["", "garbage"])
    def test_writes_a_line_even_for_an_invalid_trace_context(
        self, capsys: pytest.CaptureFixture[str], traceparent: str
    ) -> None:
        # Given
        configure_logging("orders-ms", "INFO", human_readable=False)
        context.activate(TraceContext("request-1", traceparent))
        # When
        structlog.get_logger("one").info("applied")
        # Then
        assert self.lines(capsys)[0]["request_id"] == "request-1"

    def test_writes_the_traceback_of_an_exception(self, capsys: pytest.CaptureFixture[str]) -> None:
        # Given
        configure_logging("orders-ms", "INFO", human_readable=False)
        # When
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            structlog.get_logger("one").exception("broken")
        # Then
        assert "ZeroDivisionError" in self.lines(capsys)[0]["exception"]

    @pytest.mark.parametrize(
        "text",
        [
            'E11000 dup key: { email: "ann.lee+1@shop.example" }',
            'E11000 dup key: { email: "müller@exämple.com" }',
            "mongodb://shop:secret@db:27017/shop",
        ],
    )
    @pytest.mark.parametrize("human_readable", [True, False])
    def test_hides_email_addresses_and_credentials(
        self, capsys: pytest.CaptureFixture[str], text: str, *, human_readable: bool
    ) -> None:
        # Given
        configure_logging("orders-ms", "INFO", human_readable=human_readable)
        # When
        structlog.get_logger("one").warning("failed", error=text)
        logging.getLogger("two").error("failed: %s", text)
        try:
            raise ValueError(text)
        except ValueError:
            structlog.get_logger("one").exception("failed")
        # Then
        written = capsys.readouterr()
        shown = written.err if human_readable else written.out
        assert shown.count("(email hidden)") == 3
        assert "@" not in shown

    def test_writes_readable_lines_in_development(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure_logging("orders-ms", "INFO", human_readable=True)
        structlog.get_logger("one").info("started")
        shown = capsys.readouterr().err
        assert "started" in shown
        assert not shown.startswith("{")

    def test_silences_verbose_libraries(self) -> None:
        configure_logging("orders-ms", "DEBUG", human_readable=False)
        assert not logging.getLogger("pymongo").isEnabledFor(logging.INFO)
        assert not logging.getLogger("aiokafka").isEnabledFor(logging.ERROR)
