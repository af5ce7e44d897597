"""What nginx keeps of the catalogue, in front of a gateway that counts its requests."""

import http.client
import itertools
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from stack import Stack

LIMIT_SECONDS = 10
AGE_SECONDS = 2.0
SHARED = "public, s-maxage=1, stale-while-revalidate=1"
FOREVER = "public, max-age=31536000, immutable"
PRODUCT = "/api/products/13fefe4a1cad4140785928a4"
_numbers = itertools.count()
_clients = itertools.count()


@dataclass
class Answers:
    """What the gateway answers, and what it was asked.

    Attributes:
        headers: Further headers of each answer.
        seconds: How long an answer takes.
        lives: Whether an answer says in which second its life ends, as products-ms does.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    lives: bool = True
    requests: Counter[str] = field(default_factory=Counter)
    revalidations: Counter[str] = field(default_factory=Counter)
    received: list[dict[str, str]] = field(default_factory=list)
    version: int = 0


class CountingGateway(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers = Answers()

    def do_GET(self) -> None:
        answers = self.answers
        answers.requests[self.path] += 1
        answers.received.append(dict(self.headers))
        tag = f'"{answers.version}"'
        known = self.headers.get("If-None-Match") == tag
        answers.revalidations[self.path] += known
        body = {"version": answers.version, "caller": self.headers.get("Authorization", "")}
        content = b"" if known else json.dumps(body | {"number": next(_numbers)}).encode()
        time.sleep(answers.seconds)
        self.send_response(304 if known else answers.status)
        if not known:
            self.send_header("Content-Length", str(len(content)))
        for name, value in self._headers(tag).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def _headers(self, tag: str) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "ETag": tag,
            "Cache-Control": SHARED,
            "Vary": "Authorization",
            "X-Request-ID": self.headers["X-Request-ID"],
            "traceparent": "00-of-this-request",
        }
        if self.answers.lives and (second := self.headers.get("X-Edge-Second")):
            headers["X-Accel-Expires"] = f"@{second}"
        headers |= self.answers.headers
        return {name: value for name, value in headers.items() if value}

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


class Server(ThreadingHTTPServer):
    request_queue_size = 1_000
    daemon_threads = True


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    server = Server(("127.0.0.1", 0), CountingGateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    folder = tmp_path_factory.mktemp("nginx") / "stack"
    stack = Stack.in_folder(folder, GATEWAY_PORT=str(server.server_port), WEB="none")
    stack.up(["nginx"])
    yield stack
    stack.down()
    server.shutdown()
    server.server_close()


@pytest.fixture
def port(stack: Stack) -> int:
    return stack.settings.ports["shop"]


@pytest.fixture
def answers() -> Answers:
    CountingGateway.answers = Answers()
    return CountingGateway.answers


@pytest.fixture
def page() -> str:
    """An address that no other test uses."""
    return f"/api/products?limit=20&cursor={next(_numbers)}"


def send(
    port: int, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> tuple[http.client.HTTPResponse, dict[str, Any]]:
    # Each client sends less than is allowed.
    client = next(_clients) % 250 + 1
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=LIMIT_SECONDS, source_address=(f"127.3.0.{client}", 0)
    )
    try:
        connection.request(method, path, headers=dict(headers or {}))
        response = connection.getresponse()
        content = response.read()
        return response, json.loads(content) if content else {}
    finally:
        connection.close()


def number(port: int, path: str, **headers: str) -> int:
    """Return the number of the gateway's answer that a request gets."""
    response, body = send(port, path, headers)
    assert response.status == 200
    answer: int = body["number"]
    return answer


def signed_in(user: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {user}"}


class TestVisitors:
    @pytest.mark.parametrize("path", ["/api/products", "/api/categories", PRODUCT])
    def test_share_an_answer(self, port: int, answers: Answers, path: str) -> None:
        address = f"{path}?number={next(_numbers)}"

        assert number(port, address) == number(port, address)

    def test_share_it_with_a_head_request(self, port: int, answers: Answers, page: str) -> None:
        # Given
        response, body = send(port, page, method="HEAD")
        assert (response.status, body) == (200, {})

        # When
        first, second = number(port, page), number(port, page)

        # Then
        assert first == second
        assert answers.requests[page] - answers.revalidations[page] == 1

    def test_do_not_share_it_between_addresses(self, port: int, answers: Answers) -> None:
        address = f"/api/products?number={next(_numbers)}"

        assert number(port, address) != number(port, f"{address}&limit=1")

    def test_do_not_share_it_between_hosts(self, port: int, answers: Answers, page: str) -> None:
        assert number(port, page, Host="a.example") != number(port, page, Host="b.example")

    def test_have_their_own_ids(self, port: int, answers: Answers, page: str) -> None:
        # When
        first, _ = send(port, page)
        second, _ = send(port, page)
        third, _ = send(port, page, {"X-Request-ID": "third"})

        # Then
        ids = [response.headers.get_all("X-Request-ID") for response in (first, second, third)]
        assert [len(found or []) for found in ids] == [1, 1, 1]
        assert len({tuple(found or []) for found in ids}) == 3
        assert ids[2] == ["third"]
        assert first.headers.get_all("traceparent") == ["00-of-this-request"]
        assert second.headers.get_all("traceparent") is None

    def test_see_the_headers_of_the_service(self, port: int, answers: Answers, page: str) -> None:
        # When
        for response in (send(port, page)[0], send(port, page)[0]):
            # Then
            assert response.headers["Cache-Control"] == SHARED
            assert response.headers["ETag"] == '"0"'
            assert response.headers.get_all("X-Content-Type-Options") == ["nosniff"]
            assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
            assert "X-Accel-Expires" not in response.headers

    def test_with_a_copy_are_told_that_it_is_current(
        self, port: int, answers: Answers, page: str
    ) -> None:
        send(port, page)

        response, body = send(port, page, {"If-None-Match": '"0"'})

        assert (response.status, body) == (304, {})

    def test_are_logged_with_the_source_of_the_answer(
        self, stack: Stack, port: int, answers: Answers, page: str
    ) -> None:
        # Given
        request_id = f"logged-{next(_numbers)}"
        send(port, page)

        # When
        send(port, page, {"X-Request-ID": request_id})

        # Then
        (log,) = stack.logs(["nginx"])
        deadline = time.monotonic() + LIMIT_SECONDS
        while request_id not in log.read_text(encoding="utf-8"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        lines = log.read_text(encoding="utf-8").splitlines()
        [entry] = [json.loads(line) for line in lines if request_id in line]
        assert entry["cache"] in {"HIT", "STALE"}
        assert entry["upstream_status"] == ""


class TestPersonalAnswers:
    """The gateway calls each answer public, as a faulty service would."""

    @pytest.mark.parametrize("vary", ["", "Authorization", "Accept-Language"])
    def test_are_never_stored(self, port: int, answers: Answers, page: str, vary: str) -> None:
        # Given
        answers.headers = {"Vary": vary}

        # When
        callers = ["Bearer one", "Bearer two", "Bearer one", "", "Bearer two", ""]
        bodies = [send(port, page, {"Authorization": caller})[1] for caller in callers]

        # Then
        assert [body["caller"] for body in bodies] == callers
        numbers = [body["number"] for body in bodies]
        assert len({*numbers[:3], numbers[4]}) == 4
        assert numbers[3] == numbers[5]

    @pytest.mark.parametrize(
        "cookie",
        [
            "__Host-shop-refresh=a",
            "theme=dark; __Host-shop-signed-in=1",
            "shop-refresh-8080=a; theme=dark",
            "shop-signed-in-8080=1",
        ],
    )
    def test_of_a_session_are_never_stored(
        self, port: int, answers: Answers, page: str, cookie: str
    ) -> None:
        # Given
        before = [number(port, page, Cookie=cookie) for _ in range(2)]

        # When
        visitor = number(port, page)
        after = number(port, page, Cookie=cookie)

        # Then
        assert len({*before, visitor, after}) == 4
        assert number(port, page, Cookie="theme=dark") == visitor

    def test_of_pictures_are_never_stored(self, port: int, answers: Answers) -> None:
        answers.headers = {"Cache-Control": FOREVER, "X-Accel-Expires": ""}
        picture = f"{PRODUCT}/image?v={next(_numbers)}"

        numbers = [number(port, picture, **signed_in("one")) for _ in range(2)]
        numbers += [number(port, picture, Cookie="__Host-shop-refresh=a"), number(port, picture)]

        assert len(set(numbers)) == 4

    def test_keep_the_conditions_of_their_requests(
        self, port: int, answers: Answers, page: str
    ) -> None:
        send(port, page, signed_in("one") | {"If-None-Match": '"other"'})

        assert answers.received[-1]["If-None-Match"] == '"other"'


class TestWhatIsNotStored:
    @pytest.mark.parametrize("status", [201, 206, 301, 400, 404, 410, 422, 429, 500, 502, 503])
    def test_any_other_status(self, port: int, answers: Answers, page: str, status: int) -> None:
        # Given
        answers.status = status

        # When
        bodies = [send(port, page) for _ in range(2)]

        # Then
        assert [response.status for response, _ in bodies] == [status] * 2
        assert bodies[0][1]["number"] != bodies[1][1]["number"]

    @pytest.mark.parametrize("query", ["ids={}", "limit=5&ids={}", "IDS={}", "ids={}&limit=5"])
    def test_the_products_of_a_cart(self, port: int, answers: Answers, query: str) -> None:
        address = "/api/products?" + query.format(f"{next(_numbers):024x}")

        assert number(port, address) != number(port, address)

    @pytest.mark.parametrize("policy", ["no-store", "private, no-cache", ""])
    def test_what_the_service_does_not_allow(
        self, port: int, answers: Answers, page: str, policy: str
    ) -> None:
        answers.headers = {"Cache-Control": policy, "X-Accel-Expires": ""}

        assert number(port, page) != number(port, page)

    def test_another_method(self, port: int, answers: Answers, page: str) -> None:
        numbers = [send(port, page, {"Content-Length": "0"}, "POST")[1]["number"] for _ in range(2)]

        assert len({*numbers, number(port, page)}) == 3

    @pytest.mark.parametrize("path", ["/api/orders", "/api/me", "/api/admin/products", "/api"])
    def test_other_addresses(self, port: int, answers: Answers, path: str) -> None:
        assert number(port, path) != number(port, path)


class TestColdPages:
    def test_requested_500_times_at_once_make_one_request(
        self, port: int, answers: Answers, page: str
    ) -> None:
        # Given
        answers.seconds = 0.2
        request = f"GET {page} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n".encode()
        with ExitStack() as resources:
            # A client has at most 300 connections.
            connections = [
                resources.enter_context(
                    socket.create_connection(
                        ("127.0.0.1", port),
                        LIMIT_SECONDS,
                        source_address=(f"127.2.0.{index % 250 + 1}", 0),
                    )
                )
                for index in range(500)
            ]

            # When
            for connection in connections:
                connection.sendall(request)
            responses = [connection.makefile("rb").read() for connection in connections]

        # Then
        assert {response.partition(b"\r\n")[0] for response in responses} == {b"HTTP/1.1 200 OK"}
        assert len({response.partition(b"\r\n\r\n")[2] for response in responses}) == 1
        # A page whose second is over is compared once in the background.
        assert answers.requests[page] - answers.revalidations[page] == 1
        assert answers.revalidations[page] <= 1


class TestAge:
    @pytest.mark.parametrize("pause", [0.02, 0.3, 1.1])
    def test_of_an_answer_is_at_most_two_seconds(
        self, port: int, answers: Answers, page: str, pause: float
    ) -> None:
        # Given
        superseded: dict[int, float] = {}
        stopping = threading.Event()

        def write() -> None:
            while not stopping.wait(0.05):
                superseded[answers.version] = time.monotonic()
                answers.version += 1

        # When
        ages: list[float] = []
        sources: set[int] = set()
        writer = threading.Thread(target=write)
        writer.start()
        try:
            deadline = time.monotonic() + 6
            while time.monotonic() < deadline:
                _, body = send(port, page)
                answered_at = time.monotonic()
                sources.add(body["number"])
                ages.append(answered_at - superseded.get(body["version"], answered_at))
                stopping.wait(pause)
        finally:
            stopping.set()
            writer.join()

        # Then
        assert max(ages) <= AGE_SECONDS
        # The cache was filled again and again, at most once for each second.
        assert len(sources) >= 3
        assert answers.requests[page] <= 8

    @pytest.mark.parametrize("pause", [2.0, 2.5, 3.0])
    def test_of_a_page_that_nobody_requested_for_a_while_is_zero(
        self, port: int, answers: Answers, page: str, pause: float
    ) -> None:
        # Given
        first = number(port, page)
        answers.version += 1

        # When
        time.sleep(pause)

        # Then
        assert number(port, page) != first

    def test_of_an_admins_answer_is_zero(self, port: int, answers: Answers, page: str) -> None:
        for _ in range(20):
            number(port, page)
            answers.version += 1
            assert send(port, page, signed_in("admin"))[1]["version"] == answers.version

    def test_is_renewed_in_the_background_without_the_body(
        self, port: int, answers: Answers, page: str
    ) -> None:
        # Given
        first = number(port, page)

        # When
        answers.seconds = 0.3
        deadline = time.monotonic() + LIMIT_SECONDS
        slowest = 0.0
        while answers.revalidations[page] < 2:
            assert time.monotonic() < deadline
            began = time.monotonic()
            assert number(port, page) == first
            slowest = max(slowest, time.monotonic() - began)

        # Then
        assert answers.requests[page] == answers.revalidations[page] + 1
        assert slowest < answers.seconds


class TestPictures:
    def test_are_kept_long(self, port: int, answers: Answers) -> None:
        # Given
        answers.headers = {"Cache-Control": FOREVER, "X-Accel-Expires": ""}
        picture = f"{PRODUCT}/image?v={next(_numbers)}&size=thumb"
        first, body = send(port, picture)

        # When
        deadline = time.monotonic() + 2 * AGE_SECONDS
        while time.monotonic() < deadline:
            later, later_body = send(port, picture)
            time.sleep(0.2)

        # Then
        assert later_body == body
        assert answers.requests[picture] == 1
        assert first.headers["Cache-Control"] == later.headers["Cache-Control"] == FOREVER
