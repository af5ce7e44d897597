import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import typer
from typer.testing import CliRunner

from shopkit import commands
from shopkit.clock import utc_now
from shopkit.commands import CommandError
from shopkit.messaging.dead_letter_service import DeadLetterService, dead_letters_of
from shopkit.messaging.dead_letters import DeadLetterRepository, Record
from shopkit.operator_commands import add_status, dead_letters_app, read_status
from shopkit.storage.audit import AuditTrail
from shopkit.storage.mongo import Database
from shopkit.testing import FakeTransactions

METRICS = """# TYPE outbox_unsent gauge
outbox_unsent 7.0
# TYPE consumer_lag gauge
consumer_lag{topic="shop.orders"} 3.0
# TYPE broker_up gauge
broker_up NaN
# TYPE http_requests_total counter
http_requests_total 9.0
"""
RECORD = Record("shop.orders", 0, 5, b"key", b"{}", ())


@contextmanager
def monitoring(status: int, ready: str) -> Iterator[int]:
    """Serve the two pages of a port for monitoring, and yield the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/ready" else 200)
            self.end_headers()
            self.wfile.write((ready if self.path == "/ready" else METRICS).encode())

        def log_message(self, *_: object) -> None:
            """Write no log."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


class TestReadStatus:
    def test_shows_the_queues_of_a_ready_service(self) -> None:
        with monitoring(200, '{"status": "ok"}') as port:
            assert read_status("orders-ms", port) == {
                "service": "orders-ms",
                "ready": True,
                "failing": {},
                "paused": [],
                "metrics": [
                    {"name": "outbox_unsent", "labels": {}, "value": 7},
                    {"name": "consumer_lag", "labels": {"topic": "shop.orders"}, "value": 3},
                ],
            }

    def test_shows_why_a_service_is_not_ready(self) -> None:
        body = '{"status": "unavailable", "failing": {"database": "down"}, "paused": ["consumer"]}'
        with monitoring(503, body) as port:
            status = read_status("orders-ms", port)
        assert (status["ready"], status["failing"]) == (False, {"database": "down"})
        assert status["paused"] == ["consumer"]

    def test_shows_that_a_service_does_not_answer(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        status = read_status("orders-ms", port)
        assert status["ready"] is False
        assert status["failing"] == {"process": f"does not answer at http://127.0.0.1:{port}"}


@pytest.fixture(autouse=True)
def _no_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "configure_logging", lambda *_, **__: None)


class TestStatusCommand:
    @pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
    def test_fails_unless_the_service_is_ready(
        self, monkeypatch: pytest.MonkeyPatch, status: int, code: int
    ) -> None:
        # Given
        app = commands.create("orders-ms")
        add_status(app, "orders-ms")
        with monitoring(status, '{"status": "?"}') as port:
            monkeypatch.setenv("PORT", "1")
            monkeypatch.setenv("MONITORING_PORT", str(port))
            # When
            result = CliRunner().invoke(app, ["status"])
        # Then
        assert result.exit_code == code
        assert json.loads(result.stdout)["ready"] is (code == 0)


@pytest.fixture
def letters(database: Database) -> typer.Typer:
    @asynccontextmanager
    async def opened() -> AsyncIterator[DeadLetterService]:
        await DeadLetterRepository(database).add(RECORD, "why")
        yield dead_letters_of(database, FakeTransactions(), {}, AuditTrail(database), utc_now)

    return dead_letters_app(opened)


class TestDeadLetterCommands:
    def test_list_and_show(self, letters: typer.Typer) -> None:
        [listed] = json.loads(CliRunner().invoke(letters, ["list"]).stdout)
        shown = json.loads(CliRunner().invoke(letters, ["show", RECORD.id]).stdout)
        assert listed == shown
        assert (shown["id"], shown["reason"], shown["offset"]) == (RECORD.id, "why", 5)

    def test_discard_stores_the_reason(self, letters: typer.Typer) -> None:
        # When
        result = CliRunner().invoke(letters, ["discard", RECORD.id, "--reason", "A test."])
        # Then
        letter = json.loads(result.stdout)
        assert letter["status"] == "discarded"
        [entry] = letter["history"]
        assert (entry["actor"], entry["detail"]) == ("command line", "A test.")
        assert json.loads(CliRunner().invoke(letters, ["list"]).stdout) == []

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["show", "0" * 64], "There is no dead letter"),
            (["replay", RECORD.id], "The event could not be applied"),
        ],
    )
    def test_explains_what_cannot_be_done(
        self, letters: typer.Typer, arguments: list[str], message: str
    ) -> None:
        result = CliRunner().invoke(letters, arguments)
        assert isinstance(result.exception, CommandError)
        assert message in str(result.exception)
