"""nginx with the rendered configuration, in front of a gateway that returns its requests."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from stack import Stack, StackError

LIMIT_SECONDS = 10
BALANCER = "203.0.113.80"


UNKNOWN_PRODUCT = "0" * 24
BROKEN_PRODUCT = "f" * 24


def status_of(path: str) -> int:
    if "missing" in path or UNKNOWN_PRODUCT in path:
        return 404
    return 500 if BROKEN_PRODUCT in path else 200


class EchoGateway(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stopping = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/api/orders/stream":
            return self._stream()
        body = json.dumps({"path": self.path, "headers": dict(self.headers)}).encode()
        self.send_response(status_of(self.path))
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
        self.stopping.wait(LIMIT_SECONDS)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def gateway() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), EchoGateway)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    EchoGateway.stopping.set()
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
def behind_proxies(
    gateway: ThreadingHTTPServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """An nginx that trusts its direct clients, a range and a load balancer."""
    proxies = f"198.51.100.0/24,127.0.0.1/32,{BALANCER}"
    folder = tmp_path_factory.mktemp("nginx")
    with nginx(folder, gateway, proxies) as stack:
        yield stack


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an nginx whose gateway is down, so that it responds quickly to many requests."""
    stack = Stack.in_folder(
        tmp_path_factory.mktemp("nginx") / "stack", WEB="none", TRUSTED_PROXIES=BALANCER
    )
    stack.up(["nginx"])
    yield stack.settings.ports["shop"]
    stack.down()


@pytest.fixture
def port_without_gateway(tmp_path: Path) -> Iterator[int]:
    """The port of an nginx whose gateway is down."""
    stack = Stack.in_folder(tmp_path / "stack", WEB="none")
    stack.up(["nginx"])
    yield stack.settings.ports["shop"]
    stack.down()


def send(
    port: int,
    path: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    address: str = "127.0.0.1",
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=LIMIT_SECONDS, source_address=(address, 0)
    )
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def log_entry(stack: Stack, path: str) -> dict[str, str]:
    """Return nginx's log entry for a request, which may follow the response."""
    (log,) = stack.logs(["nginx"])
    deadline = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < deadline:
        for line in log.read_text(encoding="utf-8").splitlines():
            if f'"path":"{path}"' in line:
                entry: dict[str, str] = json.loads(line)
                return entry
        time.sleep(0.02)
    raise AssertionError(f"no log entry for {path}")


class TestForwarding:
    def test_keeps_the_encoding_of_the_path(self, port: int) -> None:
        _, body = send(port, "/api/categories/a%20b%2Fc?q=%C3%A9&q=+")

        assert json.loads(body)["path"] == "/api/categories/a%20b%2Fc?q=%C3%A9&q=+"

    def test_replaces_a_clients_claims_about_itself(self, port: int) -> None:
        # Given
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

        # When
        _, body = send(port, "/api/x", headers=claims)

        # Then
        forwarded = json.loads(body)["headers"]
        assert forwarded["X-Client-Address"] == "127.0.0.1"
        assert forwarded["X-Forwarded-For"] == "127.0.0.1"
        assert forwarded["X-Forwarded-Proto"] == "http"
        assert forwarded["X-Forwarded-Host"] == f"127.0.0.1:{port}"
        replaced = {"X-Real-IP", "Forwarded", "X-User-Email", "X-User-Role"}
        assert forwarded.keys().isdisjoint(replaced)

    @pytest.mark.parametrize("path", ["/api", "/api?q=1", "/api/"])
    def test_forwards_the_root_of_the_api(self, port: int, path: str) -> None:
        response, body = send(port, path)

        assert response.status == 200
        assert json.loads(body)["path"] == path

    def test_keeps_the_gateways_errors(self, port: int) -> None:
        response, body = send(port, "/api/missing")

        assert response.status == 404
        assert json.loads(body)["path"] == "/api/missing"

    def test_does_not_duplicate_a_header(self, port: int) -> None:
        response, _ = send(port, "/api/x")

        assert response.headers.get_all("X-Content-Type-Options") == ["nosniff"]

    def test_accepts_the_body_of_an_image(self, port: int) -> None:
        image = b"x" * (2 * 2**20 + 1000)

        response, _ = send(port, "/api/products/13fefe4a1cad4140785928a4/image", "POST", image)

        assert response.status == 200

    @pytest.mark.parametrize(("size", "status"), [(2**20, 200), (2**20 + 1, 413)])
    def test_limits_any_other_body_to_a_mebibyte(self, port: int, size: int, status: int) -> None:
        response, _ = send(port, "/api/x", "POST", b"x" * size)

        assert response.status == status

    def test_does_not_buffer_a_stream(self, port: int) -> None:
        # Given
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_SECONDS)
        connection.request("GET", "/api/orders/stream")

        # When
        first = connection.getresponse().read1()

        # Then
        assert first == b"data: first\n\n"
        connection.close()


class TestTrustedProxies:
    """As behind Google's load balancer, which connects to nginx and adds its own address."""

    @pytest.mark.parametrize(
        ("forwarded_for", "client"),
        [
            (f"192.0.2.7, {BALANCER}", "192.0.2.7"),
            (f"192.0.2.7, 198.51.100.3, {BALANCER}", "192.0.2.7"),
            # A forged address comes before the one that the load balancer adds.
            (f"6.6.6.6, 192.0.2.7, {BALANCER}", "192.0.2.7"),
            (f"{BALANCER}, 192.0.2.7, {BALANCER}", "192.0.2.7"),
        ],
    )
    def test_takes_the_last_untrusted_address_for_the_client(
        self, behind_proxies: Stack, forwarded_for: str, client: str
    ) -> None:
        # Given
        path = f"/api/{forwarded_for.replace(', ', '-')}"
        headers = {"X-Forwarded-For": forwarded_for, "X-Forwarded-Proto": "https"}

        # When
        _, body = send(behind_proxies.settings.ports["shop"], path, headers=headers)

        # Then
        forwarded = json.loads(body)["headers"]
        assert (forwarded["X-Client-Address"], forwarded["X-Forwarded-Proto"]) == (client, "https")
        assert log_entry(behind_proxies, path)["client"] == "192.0.2.0"

    def test_ignores_the_headers_of_an_untrusted_client(
        self, gateway: ThreadingHTTPServer, tmp_path: Path
    ) -> None:
        # Given
        headers = {"X-Forwarded-For": f"6.6.6.6, {BALANCER}", "X-Forwarded-Proto": "https"}
        proxies = f"198.51.100.0/24,{BALANCER}"

        # When
        with nginx(tmp_path, gateway, proxies) as stack:
            _, body = send(stack.settings.ports["shop"], "/api/x", headers=headers)

        # Then
        forwarded = json.loads(body)["headers"]
        assert forwarded["X-Client-Address"] == "127.0.0.1"
        assert forwarded["X-Forwarded-Proto"] == "http"

    def test_does_not_start_with_an_invalid_proxy(self, tmp_path: Path) -> None:
        stack = Stack.in_folder(tmp_path / "stack", WEB="none", TRUSTED_PROXIES="proxy.example")
        with pytest.raises(StackError, match="neither an address nor a range"):
            stack.up(["nginx"])
        stack.down()


class TestLimits:
    @pytest.mark.parametrize(
        ("method", "path", "burst", "address"),
        [
            ("POST", "/api/login", 60, "127.1.0.1"),
            ("POST", "/api/refresh", 60, "127.1.0.2"),
            ("POST", "/api/password-resets", 60, "127.1.0.21"),
            ("POST", "/api/email-changes/undo", 60, "127.1.0.22"),
            ("POST", "/api/me/email", 60, "127.1.0.23"),
            ("POST", "/api/products", 200, "127.1.0.3"),
            ("GET", "/api/products", 600, "127.1.0.4"),
        ],
    )
    def test_refuses_requests_of_a_kind_beyond_a_burst(
        self, limited: int, method: str, path: str, burst: int, address: str
    ) -> None:
        # Given
        requests = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" * 2 * burst
        last = "GET /proxy_health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

        # When
        with socket.create_connection(
            ("127.0.0.1", limited), LIMIT_SECONDS, source_address=(address, 0)
        ) as connection:
            connection.sendall((requests + last).encode())
            responses = connection.makefile("rb").read()
        elsewhere, _ = send(limited, path, method, b"", address="127.1.9.9")

        # Then
        assert responses.count(b"HTTP/1.1 502 ") > burst
        assert responses.count(b"HTTP/1.1 429 ") > 0
        assert elsewhere.status == 502

    def test_explains_the_refusal(self, limited: int) -> None:
        # Given
        address = "127.1.0.5"
        for _ in range(100):
            response, body = send(limited, "/api/login", "POST", b"", address=address)
            if response.status == 429:
                break

        # Then
        assert response.status == 429
        assert response.headers["Retry-After"] == "1"
        assert response.headers["Content-Type"] == "application/problem+json"
        assert json.loads(body)["type"] == "/problems/too-many-requests"

    def test_of_one_kind_does_not_affect_another(self, limited: int) -> None:
        # Given
        address = "127.1.0.6"
        while send(limited, "/api/login", "POST", b"", address=address)[0].status != 429:
            pass

        # Then
        assert send(limited, "/api/products", address=address)[0].status == 502
        assert send(limited, "/api/products", "POST", b"", address=address)[0].status == 502

    def test_refuses_more_than_300_requests_at_a_time(self, limited: int) -> None:
        # Given
        address = "127.1.0.7"
        head = b"POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
        with ExitStack() as resources:
            unfinished = [
                resources.enter_context(
                    socket.create_connection(
                        ("127.0.0.1", limited), LIMIT_SECONDS, source_address=(address, 0)
                    )
                )
                for _ in range(300)
            ]
            for connection in unfinished:
                connection.sendall(head)

            # When
            deadline = time.monotonic() + LIMIT_SECONDS
            while send(limited, "/api/x", address=address)[0].status != 429:
                assert time.monotonic() < deadline

            # Then
            assert send(limited, "/api/x", address="127.1.0.8")[0].status == 502

    def test_count_the_clients_of_a_trusted_proxy(self, behind_proxies: Stack) -> None:
        # Given
        port = behind_proxies.settings.ports["shop"]
        headers = {"X-Forwarded-For": f"192.0.2.9, {BALANCER}"}
        while send(port, "/api/login", "POST", b"", headers=headers)[0].status != 429:
            pass

        # When
        headers["X-Forwarded-For"] = f"192.0.2.10, {BALANCER}"
        response, _ = send(port, "/api/login", "POST", b"", headers=headers)

        # Then
        assert response.status != 429

    def test_count_an_ipv6_network_as_one_client(self, behind_proxies: Stack) -> None:
        # Given
        port = behind_proxies.settings.ports["shop"]
        statuses = []
        for number in range(200):
            headers = {"X-Forwarded-For": f"2001:db8:1:2::{number:x}, {BALANCER}"}
            statuses.append(send(port, "/api/login", "POST", b"", headers=headers)[0].status)

        # When
        headers = {"X-Forwarded-For": f"2001:db8:1:3::1, {BALANCER}"}
        response, _ = send(port, "/api/login", "POST", b"", headers=headers)

        # Then
        assert 429 in statuses
        assert response.status != 429


class TestPages:
    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "/?q=1",
            "/products",
            "/products/",
            "/Products",
            "/cart",
            "/orders/13fefe4a1cad4140785928a4",
            "/admin",
            "/admin/products?edit=new",
            "/products/13fefe4a1cad4140785928a4",
            "/products/13fefe4a1cad4140785928a4/?from=list",
        ],
    )
    def test_exist(self, port: int, path: str) -> None:
        response, body = send(port, path)

        assert (response.status, response.headers.get_content_type()) == (200, "text/html")
        assert response.headers["Cache-Control"] == "no-cache"
        assert b"<h1>" in body

    @pytest.mark.parametrize(
        "path",
        [
            "/nowhere",
            "/products/1",
            f"/products/{UNKNOWN_PRODUCT}",
            f"/products/{UNKNOWN_PRODUCT}?q=1",
            "/products/13fefe4a1cad4140785928a4/more",
            "/orders/1",
            "/admin/nowhere",
            "/admins",
            "/sitemap.xml",
            "/wp-login.php",
            "/assets",
            "/.missing",
        ],
    )
    def test_are_missing_with_the_status_404(self, port: int, path: str) -> None:
        response, body = send(port, path)

        assert (response.status, response.headers.get_content_type()) == (404, "text/html")
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["Cache-Control"] == "no-cache"
        assert b"<h1>" in body

    def test_of_an_unknown_product_are_missing_for_a_browser_with_a_copy(self, port: int) -> None:
        page, _ = send(port, "/")
        headers = {"If-None-Match": page.headers["ETag"], "Range": "bytes=0-3"}
        response, _ = send(port, f"/products/{UNKNOWN_PRODUCT}", headers=headers)
        assert response.status == 404

    def test_of_a_product_are_not_sent_again_to_a_browser_with_a_copy(self, port: int) -> None:
        path = "/products/13fefe4a1cad4140785928a4"
        page, _ = send(port, path)
        response, _ = send(port, path, headers={"If-None-Match": page.headers["ETag"]})
        assert response.status == 304

    def test_of_products_are_shown_if_the_product_cannot_be_read(self, port: int) -> None:
        response, _ = send(port, f"/products/{BROKEN_PRODUCT}")
        assert response.status == 200

    def test_of_products_are_shown_if_the_gateway_is_down(self, port_without_gateway: int) -> None:
        response, _ = send(port_without_gateway, f"/products/{UNKNOWN_PRODUCT}")
        assert response.status == 200

    @pytest.mark.parametrize("path", ["/", "/products/13fefe4a1cad4140785928a4"])
    def test_answer_head_without_a_body(self, port: int, path: str) -> None:
        response, body = send(port, path, "HEAD")
        assert (response.status, body) == (200, b"")

    def test_of_products_refuse_other_methods(self, port: int) -> None:
        response, body = send(port, "/products/13fefe4a1cad4140785928a4", "POST", b"x")
        assert response.status == 405
        assert json.loads(body)["type"] == "/problems/method-not-allowed"


class TestResponsesOfNginx:
    def test_reports_a_gateway_that_is_down(self, port_without_gateway: int) -> None:
        headers = {"X-Request-ID": "one.2-3_4"}

        response, body = send(port_without_gateway, "/api/products?q=1", headers=headers)

        assert response.status == 502
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.headers["X-Request-ID"] == "one.2-3_4"
        assert json.loads(body) == {
            "type": "/problems/bad-gateway",
            "title": "Bad gateway",
            "status": 502,
            "detail": "The shop's services cannot be reached. Try again in a moment.",
            "instance": "/api/products",
            "request_id": "one.2-3_4",
        }

    @pytest.mark.parametrize("invalid", ['a"b', "a b", "x" * 129])
    def test_replaces_an_invalid_request_id(self, port_without_gateway: int, invalid: str) -> None:
        headers = {"X-Request-ID": invalid}

        response, body = send(port_without_gateway, "/api/products", headers=headers)

        request_id = json.loads(body)["request_id"]
        assert request_id != invalid
        assert response.headers["X-Request-ID"] == request_id

    def test_refuses_a_body_that_is_too_large(self, port: int) -> None:
        response, body = send(port, "/api/x", "POST", b"x" * (3 * 2**20 + 1))

        assert response.status == 413
        assert json.loads(body)["type"] == "/problems/content-too-large"

    def test_refuses_a_header_that_is_too_large(self, port: int) -> None:
        response, body = send(port, "/api/x", headers={"X-Long": "x" * 9000})

        assert response.status == 431
        assert json.loads(body)["status"] == 431

    @pytest.mark.parametrize(
        ("request_", "status", "kind"),
        [
            (b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
            (b"GET /api/x HTTP/1.1\r\nHost: x\r\nX\x01A: b\r\n\r\n", 400, "bad-request"),
            (b"GET /api/x HTTP/1.1\r\n\r\n", 400, "bad-request"),
            (b"GET /api/x HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "bad-request"),
            (b"GET api/x HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
            (b"POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400, "bad-request"),
            (b"get /api/x HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-request"),
            (b"TRACE /api/x HTTP/1.1\r\nHost: x\r\n\r\n", 405, "method-not-allowed"),
            (b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405, "method-not-allowed"),
            (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "uri-too-long"),
            (
                b"POST /api/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
                501,
                "not-implemented",
            ),
            (b"GET /api/x HTTP/3.0\r\nHost: x\r\n\r\n", 505, "http-version-not-supported"),
        ],
    )
    def test_refuses_a_malformed_request(
        self, port: int, request_: bytes, status: int, kind: str
    ) -> None:
        # When
        with socket.create_connection(("127.0.0.1", port), LIMIT_SECONDS) as connection:
            connection.sendall(request_)
            response = connection.makefile("rb").read()

        # Then
        head, _, body = response.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 %d " % status)
        assert b"\r\nContent-Type: application/problem+json" in head
        problem = json.loads(body)
        assert (problem["type"], problem["status"]) == (f"/problems/{kind}", status)
        assert problem["title"]
        assert problem["detail"]
        assert problem["instance"].startswith("/")

    @pytest.mark.parametrize(
        ("path", "method", "headers", "status", "kind"),
        [
            ("/", "POST", {}, 405, "method-not-allowed"),
            ("/assets/missing.js", "GET", {}, 404, "not-found"),
            ("/.product", "GET", {}, 403, "forbidden"),
            ("/", "GET", {"Range": "bytes=999999-"}, 416, "range-not-satisfiable"),
            ("/", "GET", {"If-Match": '"other"'}, 412, "precondition-failed"),
        ],
    )
    def test_refuses_what_a_file_does_not_support(
        self, port: int, path: str, method: str, headers: dict[str, str], status: int, kind: str
    ) -> None:
        response, body = send(port, path, method, headers=headers)

        assert response.status == status
        assert response.headers.get_content_type() == "application/problem+json"
        assert json.loads(body)["type"] == f"/problems/{kind}"

    @pytest.mark.parametrize(
        ("path", "allow"), [("/", "GET, HEAD"), ("/api/x", "DELETE, GET, HEAD, PATCH, POST, PUT")]
    )
    def test_says_which_methods_are_allowed(self, port: int, path: str, allow: str) -> None:
        response, _ = send(port, path, "TRACE")

        assert (response.status, response.headers["Allow"]) == (405, allow)

    def test_adds_security_headers_to_the_page(self, port: int) -> None:
        response, _ = send(port, "/")

        assert response.status == 200
        assert response.headers["Server"] == "nginx"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in response.headers
