"""nginx with the rendered configuration, before a gateway that tells what it was sent."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from stack import Stack, StackError

LIMIT_SECONDS = 10
BALANCER = "203.0.113.80"


class StubGateway(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    go_on = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/api/orders/stream":
            return self._stream()
        body = json.dumps({"path": self.path, "headers": dict(self.headers)}).encode()
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)
        return None

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"data: first\n\n")
        self.wfile.flush()
        self.go_on.wait(LIMIT_SECONDS)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def gateway() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), StubGateway)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    StubGateway.go_on.set()
    server.shutdown()
    server.server_close()


@contextmanager
def nginx(folder: Path, gateway: ThreadingHTTPServer, proxies: str = "") -> Iterator[Stack]:
    stack = Stack.in_folder(
        folder / "stack",
        GATEWAY_PORT=str(gateway.server_port),
        WEB="none",
        TRUSTED_PROXIES=proxies,
    )
    stack.up(["nginx"])
    yield stack
    stack.down()


@pytest.fixture(scope="module")
def port(gateway: ThreadingHTTPServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with nginx(tmp_path_factory.mktemp("nginx"), gateway) as stack:
        yield stack.settings.ports["shop"]


@pytest.fixture(scope="module")
def behind(
    gateway: ThreadingHTTPServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """An nginx that believes whoever speaks to it here, and two more."""
    proxies = f"198.51.100.0/24,127.0.0.1/32,{BALANCER}"
    folder = tmp_path_factory.mktemp("nginx")
    with nginx(folder, gateway, proxies) as stack:
        yield stack


@pytest.fixture
def lonely_port(tmp_path: Path) -> Iterator[int]:
    """The port of an nginx whose gateway is down."""
    stack = Stack.in_folder(tmp_path / "stack", WEB="none")
    stack.up(["nginx"])
    yield stack.settings.ports["shop"]
    stack.down()


def ask(
    port: int,
    path: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_SECONDS)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def logged(stack: Stack, path: str) -> dict[str, str]:
    """Return nginx's log line of a request, which it may write a moment after the answer."""
    (log,) = stack.logs(["nginx"])
    deadline = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < deadline:
        for line in log.read_text(encoding="utf-8").splitlines():
            if f'"path":"{path}"' in line:
                found: dict[str, str] = json.loads(line)
                return found
        time.sleep(0.02)
    raise AssertionError(f"no line of {path}")


class TestForwarding:
    def test_the_path_stays_as_it_came(self, port: int) -> None:
        _, body = ask(port, "/api/categories/a%20b%2Fc?q=%C3%A9&q=+")

        assert json.loads(body)["path"] == "/api/categories/a%20b%2Fc?q=%C3%A9&q=+"

    def test_what_a_client_says_of_itself_is_replaced(self, port: int) -> None:
        claims = {
            "X-Client-Address": "6.6.6.6",
            "X-Forwarded-For": "6.6.6.6",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "evil.example",
            "X-Real-IP": "6.6.6.6",
            "Forwarded": "for=6.6.6.6",
            "X-User-Email": "admin@admin.com",
            "X-User-Role": "admin",
        }

        _, body = ask(port, "/api/x", headers=claims)

        sent = json.loads(body)["headers"]
        assert sent["X-Client-Address"] == "127.0.0.1"
        assert sent["X-Forwarded-For"] == "127.0.0.1"
        assert sent["X-Forwarded-Proto"] == "http"
        assert sent["X-Forwarded-Host"] == f"127.0.0.1:{port}"
        assert sent.keys().isdisjoint({"X-Real-IP", "Forwarded", "X-User-Email", "X-User-Role"})

    def test_the_gateways_own_errors_pass_unchanged(self, port: int) -> None:
        answer, body = ask(port, "/api/missing")

        assert answer.status == 404
        assert json.loads(body)["path"] == "/api/missing"

    def test_no_header_comes_twice(self, port: int) -> None:
        answer, _ = ask(port, "/api/x")

        assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]

    def test_a_body_of_a_picture_passes(self, port: int) -> None:
        picture = b"x" * (2 * 2**20 + 1000)

        answer, _ = ask(port, "/api/products/13fefe4a1cad4140785928a4/image", "POST", picture)

        assert answer.status == 200

    @pytest.mark.parametrize(("size", "status"), [(2**20, 200), (2**20 + 1, 413)])
    def test_any_other_body_has_at_most_a_mebibyte(self, port: int, size: int, status: int) -> None:
        answer, _ = ask(port, "/api/x", "POST", b"x" * size)

        assert answer.status == status

    def test_a_stream_is_passed_on_as_it_comes(self, port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_SECONDS)
        connection.request("GET", "/api/orders/stream")

        first = connection.getresponse().read1()

        assert first == b"data: first\n\n"
        connection.close()


class TestTrustedProxies:
    """As behind Google's load balancer: whoever connects is one of it, and it adds itself."""

    @pytest.mark.parametrize(
        ("told", "client"),
        [
            (f"192.0.2.7, {BALANCER}", "192.0.2.7"),
            (f"192.0.2.7, 198.51.100.3, {BALANCER}", "192.0.2.7"),
            # What the client has made up stands before what the balancer has seen.
            (f"6.6.6.6, 192.0.2.7, {BALANCER}", "192.0.2.7"),
            (f"{BALANCER}, 192.0.2.7, {BALANCER}", "192.0.2.7"),
        ],
    )
    def test_the_client_is_the_last_who_is_none_of_them(
        self, behind: Stack, told: str, client: str
    ) -> None:
        path = f"/api/{told.replace(', ', '-')}"
        headers = {"X-Forwarded-For": told, "X-Forwarded-Proto": "https"}

        _, body = ask(behind.settings.ports["shop"], path, headers=headers)

        sent = json.loads(body)["headers"]
        assert (sent["X-Client-Address"], sent["X-Forwarded-Proto"]) == (client, "https")
        assert logged(behind, path)["client"] == client

    def test_who_is_none_of_them_is_not_believed(
        self, gateway: ThreadingHTTPServer, tmp_path: Path
    ) -> None:
        told = {"X-Forwarded-For": f"6.6.6.6, {BALANCER}", "X-Forwarded-Proto": "https"}
        proxies = f"198.51.100.0/24,{BALANCER}"

        with nginx(tmp_path, gateway, proxies) as stack:
            _, body = ask(stack.settings.ports["shop"], "/api/x", headers=told)

        sent = json.loads(body)["headers"]
        assert (sent["X-Client-Address"], sent["X-Forwarded-Proto"]) == ("127.0.0.1", "http")

    def test_one_that_is_no_address_stops_the_start(self, tmp_path: Path) -> None:
        stack = Stack.in_folder(tmp_path / "stack", WEB="none", TRUSTED_PROXIES="proxy.example")
        with pytest.raises(StackError, match="neither an address nor a range"):
            stack.up(["nginx"])
        stack.down()


class TestOwnAnswers:
    def test_a_gateway_that_is_down(self, lonely_port: int) -> None:
        answer, body = ask(lonely_port, "/api/products?q=1", headers={"X-Request-ID": "one.2-3_4"})

        assert answer.status == 502
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["X-Request-ID"] == "one.2-3_4"
        assert json.loads(body) == {
            "type": "/problems/bad-gateway",
            "title": "Bad gateway",
            "status": 502,
            "detail": "The shop's services can't be reached; please try again in a moment.",
            "instance": "/api/products",
            "request_id": "one.2-3_4",
        }

    @pytest.mark.parametrize("bad", ['a"b', "a b", "x" * 129])
    def test_a_request_id_that_is_not_sane_is_replaced(self, lonely_port: int, bad: str) -> None:
        answer, body = ask(lonely_port, "/api/products", headers={"X-Request-ID": bad})

        made = json.loads(body)["request_id"]
        assert made != bad
        assert answer.headers["X-Request-ID"] == made

    def test_too_large_a_body(self, port: int) -> None:
        answer, body = ask(port, "/api/x", "POST", b"x" * (3 * 2**20 + 1))

        assert answer.status == 413
        assert json.loads(body)["type"] == "/problems/content-too-large"

    def test_too_large_a_header(self, port: int) -> None:
        answer, body = ask(port, "/api/x", headers={"X-Long": "x" * 9000})

        assert answer.status == 431
        assert json.loads(body)["status"] == 431

    def test_what_is_no_request_at_all(self, port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), LIMIT_SECONDS) as connection:
            connection.sendall(b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = connection.makefile("rb").read()

        assert answer.startswith(b"HTTP/1.1 400 ")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["type"] == "/problems/invalid-request"

    def test_the_page_has_the_security_headers(self, port: int) -> None:
        answer, _ = ask(port, "/")

        assert answer.status == 200
        assert answer.headers["Server"] == "nginx"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in answer.headers
