from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from authentication.models.account import Account
from shopkit.testing import FakeClock
from shopkit.testing.proofs import account_id_of, caller_headers

AddAccount = Callable[..., Awaitable[Account]]

ADMIN = caller_headers("root@shop.com", "admin")
PATH = "/api/admin/audit/authentication"


@pytest.fixture
async def _entries(client: httpx2.AsyncClient, add_account: AddAccount, clock: FakeClock) -> None:
    """Three changes, a minute apart: a is promoted, b is promoted, a is demoted."""
    accounts = {letter: await add_account(f"{letter}@shop.com") for letter in "ab"}
    for letter, role in (("a", "admin"), ("b", "admin"), ("a", "user")):
        path = f"/api/users/{accounts[letter].id}"
        await client.patch(path, json={"role": role}, headers=ADMIN)
        clock.advance(minutes=1)


async def get_page(client: httpx2.AsyncClient, **query: Any) -> dict[str, Any]:
    response = await client.get(PATH, params=query, headers=ADMIN)
    assert response.status_code == 200
    page: dict[str, Any] = response.json()
    return page


def changes(page: dict[str, Any]) -> list[tuple[str, str]]:
    return [(entry["subject"][0], entry["after"]["role"]) for entry in page["entries"]]


@pytest.mark.usefixtures("_entries")
class TestAuditTrail:
    async def test_shows_the_newest_change_first(self, client: httpx2.AsyncClient) -> None:
        # When
        page = await get_page(client, limit=1)
        # Then
        [entry] = page["entries"]
        assert len(entry.pop("id")) == 24
        assert entry.pop("request_id") != ""
        assert entry == {
            "at": "2026-05-04T12:02:00Z",
            "actor": "root@shop.com",
            "actor_id": account_id_of("root@shop.com"),
            "action": "role-changed",
            "subject": "a@shop.com",
            "subject_id": account_id_of("a@shop.com"),
            "before": {"role": "admin"},
            "after": {"role": "user"},
        }

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({}, [("a", "user"), ("b", "admin"), ("a", "admin")]),
            ({"subject": "b@shop.com"}, [("b", "admin")]),
            ({"subject": account_id_of("b@shop.com")}, [("b", "admin")]),
            ({"actor": account_id_of("root@shop.com"), "limit": 1}, [("a", "user")]),
            ({"actor": account_id_of("a@shop.com")}, []),
            ({"actor": "root@shop.com", "limit": 1}, [("a", "user")]),
            ({"actor": " ROOT@Shop.com ", "limit": 1}, [("a", "user")]),
            ({"subject": "B@SHOP.COM"}, [("b", "admin")]),
            ({"actor": "nobody@shop.com"}, []),
            ({"action": "password-changed"}, []),
            ({"since": "2026-05-04T12:01:00Z"}, [("a", "user"), ("b", "admin")]),
            ({"until": "2026-05-04T12:01:00Z"}, [("a", "admin")]),
            (
                {"since": "2026-05-04T14:01:00+02:00", "until": "2026-05-04T14:02:00+02:00"},
                [("b", "admin")],
            ),
        ],
    )
    async def test_shows_only_entries_that_match_the_filter(
        self,
        client: httpx2.AsyncClient,
        query: dict[str, Any],
        expected: list[tuple[str, str]],
    ) -> None:
        assert changes(await get_page(client, **query)) == expected

    async def test_shows_each_entry_once(self, client: httpx2.AsyncClient) -> None:
        # When
        first = await get_page(client, limit=2)
        second = await get_page(client, limit=2, cursor=first["next_cursor"])
        # Then
        assert changes(first) == [("a", "user"), ("b", "admin")]
        assert changes(second) == [("a", "admin")]
        assert second["next_cursor"] is None

    @pytest.mark.parametrize(
        "query",
        [
            {"limit": 0},
            {"cursor": "x"},
            {"cursor": "WyJhIiwiYiJd"},
            {"since": "yesterday"},
            {"since": "2026-05-04T12:00:00"},
        ],
    )
    async def test_refuses_an_invalid_query(
        self, client: httpx2.AsyncClient, query: dict[str, Any]
    ) -> None:
        response = await client.get(PATH, params=query, headers=ADMIN)
        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == list(query)
