from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import httpx2
import pytest
import structlog

from authentication.models.account import Account
from shopkit import security_events
from shopkit.testing.proofs import caller_headers

AddAccount = Callable[..., Awaitable[Account]]
LogIn = Callable[..., Awaitable[httpx2.Response]]
Lines = list[MutableMapping[str, Any]]

NETWORK = "203.0.113.0/24"
ADDRESS = "203.0.113.77"


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch) -> None:
    """A logger that no earlier test has configured, because a logger keeps its configuration."""
    structlog.reset_defaults()
    monkeypatch.setattr(security_events, "log", structlog.get_logger())


@pytest.fixture
def lines() -> Iterator[Lines]:
    with structlog.testing.capture_logs() as captured:
        yield captured


def events(lines: Lines) -> list[tuple[str, str | None, str | None]]:
    """Return the kind, the account and the network of each security event."""
    return [
        (line["kind"], line["account"], line["network"])
        for line in lines
        if line["event"] == "security event"
    ]


async def test_a_wrong_password(add_account: AddAccount, log_in: LogIn, lines: Lines) -> None:
    # Given
    account = await add_account()
    # When
    await log_in(password="wrong", address=ADDRESS)
    await log_in("nobody@shop.com", address=ADDRESS)
    # Then
    assert events(lines) == [
        ("password-refused", str(account.id), NETWORK),
        ("password-refused", None, NETWORK),
    ]
    assert "@" not in str(lines)


async def test_an_address_that_tries_too_often(
    add_account: AddAccount, log_in: LogIn, lines: Lines
) -> None:
    # Given
    await add_account()
    for _ in range(3):
        await log_in(password="wrong", address=ADDRESS)
    lines.clear()
    # When
    await log_in(password="wrong", address=ADDRESS)
    # Then
    assert events(lines) == [("throttled", None, NETWORK)]


async def test_a_wrong_current_password(
    client: httpx2.AsyncClient, add_account: AddAccount, lines: Lines
) -> None:
    # Given
    account = await add_account()
    headers = caller_headers(account.email, account_id=str(account.id), address=ADDRESS)
    # When
    await client.post(
        "/api/me/password",
        json={"current": "wrong", "new": "a new long password"},
        headers=headers,
    )
    # Then
    assert events(lines) == [("password-refused", str(account.id), NETWORK)]


async def test_a_refresh_token_that_is_used_again(
    client: httpx2.AsyncClient, add_account: AddAccount, log_in: LogIn, lines: Lines
) -> None:
    # Given
    account = await add_account()
    body = {"refresh_token": (await log_in()).json()["refresh_token"]}
    headers = caller_headers("", "visitor", address=ADDRESS)
    await client.post("/api/refresh", json=body)
    assert events(lines) == []
    # When
    for _ in range(2):
        await client.post("/api/refresh", json=body, headers=headers)
    # Then
    reused, revoked, *again = events(lines)
    assert reused == ("refresh-reused", str(account.id), NETWORK)
    assert revoked == ("access-revoked", None, None)
    assert again == [("refresh-reused", str(account.id), NETWORK)]


async def test_a_changed_role(
    client: httpx2.AsyncClient, add_account: AddAccount, lines: Lines
) -> None:
    # Given
    account = await add_account()
    # When
    response = await client.patch(
        f"/api/users/{account.id}",
        json={"role": "admin"},
        headers=caller_headers("root@shop.com", "admin"),
    )
    # Then
    assert response.status_code == 200
    assert sorted(events(lines)) == [
        ("access-revoked", str(account.id), None),
        ("role-changed", str(account.id), None),
    ]


@pytest.mark.parametrize("path", ["/api/me", "/internal/revocations"])
async def test_a_request_with_a_forged_proof(
    client: httpx2.AsyncClient, lines: Lines, path: str
) -> None:
    # When
    response = await client.get(path, headers={"Authorization": "Bearer x.y.z"})
    # Then
    assert response.status_code == 401
    assert events(lines) == [("identity-refused", None, "127.0.0.0/24")]


async def test_an_internal_request_without_a_proof(
    client: httpx2.AsyncClient, lines: Lines
) -> None:
    assert (await client.get("/internal/revocations")).status_code == 401
    assert events(lines) == [("identity-refused", None, "127.0.0.0/24")]


async def test_claims_without_a_proof(client: httpx2.AsyncClient, lines: Lines) -> None:
    assert (await client.get("/api/me", headers={"X-User-Role": "admin"})).status_code == 401
    assert events(lines) == [("identity-refused", None, "127.0.0.0/24")]
