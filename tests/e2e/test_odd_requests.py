"""Odd forms of paths and headers, as an attacker sends them: none of them gets past a check.

They are sent over a plain socket, because HTTP clients correct them.
"""

import itertools
import socket

import pytest
from tests.e2e.test_access import ADMIN, access_token

from stack import Stack

PROTECTED = ("/api/orders", "/api/users", "/api/admin/orders", "/internal/revocations")
NAMES = ("X-User-Id", "X-User-Email", "X-User-Role", "X-User-Session", "X-Client-Address")
_addresses = itertools.cycle(range(1, 250))


def odd_forms(path: str) -> list[str]:
    """Return other ways to write a path, some of which servers take for the same."""
    first, rest = path.split("/")[1], path.split("/", 2)[2]
    last = path.rpartition("/")[2]
    return [
        f"/{path}",
        f"//{first}//{rest}",
        f"{path}/",
        f"{path}//",
        f"/./{first}/{rest}",
        f"/{first}/./{rest}",
        f"/{first}/x/../{rest}",
        f"/x/../{first}/{rest}",
        f"/api/products/../../{first}/{rest}",
        f"/api/products/..;/{rest}",
        f"/{first}/%2e/{rest}",
        f"/{first}/x/%2e%2e/{rest}",
        f"/api/products/%2e%2e%2f%2e%2e%2f{first}/{rest}",
        f"/{first}%2f{rest}",
        f"/%2f{first}/{rest}",
        f"/{first}%5c{rest}",
        f"/{first}\\{rest}",
        f"{path};admin=true",
        f"{path}%3badmin=true",
        f"/{first.upper()}/{rest}",
        path.upper(),
        path.replace(last, f"%{ord(last[0]):02x}{last[1:]}"),
        f"{path}%00",
        f"{path}%20",
        f"{path}%09",
        f"{path}%23",
        f"{path}%3f",
        f"{path}.json",
        f"{path}?x=/api/products",
        f"http://127.0.0.1{path}",
        f"http://other.example{path}",
    ]


def send(stack: Stack, program: str, request: str) -> tuple[int, str]:
    """Send the bytes of a request, and return the status and the content type."""
    source = (f"127.3.0.{next(_addresses)}", 0)
    address = ("127.0.0.1", stack.settings.ports[program])
    with socket.create_connection(address, 10, source_address=source) as connection:
        connection.sendall(request.encode("latin-1"))
        head = connection.makefile("rb").read().partition(b"\r\n\r\n")[0].decode("latin-1")
    lines = head.lower().split("\r\n")
    types = [line.partition(":")[2].strip() for line in lines if line.startswith("content-type:")]
    return int(lines[0].split()[1]), types[0] if types else ""


def get(target: str, *headers: str) -> str:
    return "\r\n".join(
        [f"GET {target} HTTP/1.1", "Host: shop", "Connection: close", *headers, "", ""]
    )


def is_refused(status: int, content_type: str) -> bool:
    """Return whether the answer is an error, or a page of the web shop."""
    return status in {400, 401, 404} or (status == 200 and content_type.startswith("text/html"))


@pytest.mark.parametrize("program", ["shop", "gateway"])
@pytest.mark.parametrize("path", PROTECTED)
def test_no_form_of_a_path_gets_past_the_check(stack: Stack, program: str, path: str) -> None:
    claims = [f"{name}: admin" for name in NAMES]
    for target in [path, *odd_forms(path)]:
        status, content_type = send(stack, program, get(target, *claims))
        assert is_refused(status, content_type), (target, status, content_type)


@pytest.mark.parametrize("program", ["shop", "gateway"])
def test_no_form_of_a_path_reaches_an_internal_endpoint_as_an_admin(
    stack: Stack, program: str
) -> None:
    token = f"Authorization: Bearer {access_token(stack, ADMIN)}"
    for path in (
        "/internal/revocations",
        "/api/internal/revocations",
        "/api/ready",
        "/api/metrics",
    ):
        for target in [path, *odd_forms(path)]:
            status, content_type = send(stack, program, get(target, token))
            assert is_refused(status, content_type), (target, status, content_type)


@pytest.mark.parametrize("program", ["shop", "gateway"])
def test_no_form_of_a_header_makes_an_admin(stack: Stack, program: str) -> None:
    spellings = [
        spelling
        for name in NAMES
        for spelling in (
            name,
            name.lower(),
            name.upper(),
            name.replace("-", "_"),
            f" {name}",
            f"{name} ",
            f"{name}\t",
        )
    ]
    for spelling in spellings:
        for values in (["admin"], ["admin", "user"], ["user", "admin"], ["admin,user"]):
            headers = [f"{spelling}: {value}" for value in values]
            status, _ = send(stack, program, get("/api/users", *headers))
            assert status in {400, 401}, (spelling, values, status)


@pytest.mark.parametrize(
    "header",
    [
        "Authorization: Bearer",
        "Authorization: Bearer ",
        "Authorization: Bearer x",
        "Authorization: Bearer x.y.z, Bearer x.y.z",
        "Authorization: Basic YWRtaW46YWRtaW4=",
        "Authorization: Digest username=admin",
        "Authorization: admin",
        f"Authorization: Bearer {'x' * 9_000}",
    ],
)
@pytest.mark.parametrize("program", ["shop", "gateway"])
def test_no_other_authorization_makes_an_admin(stack: Stack, program: str, header: str) -> None:
    status, _ = send(stack, program, get("/api/users", header))
    assert status in {400, 401, 431}


@pytest.mark.parametrize("program", ["shop", "gateway"])
def test_a_second_authorization_does_not_count(stack: Stack, program: str) -> None:
    valid = f"Authorization: Bearer {access_token(stack, ADMIN)}"
    for headers in (["Authorization: Bearer x.y.z", valid], [valid, "Authorization: Bearer x.y.z"]):
        status, _ = send(stack, program, get("/api/users", *headers))
        assert status in {400, 401}, headers
