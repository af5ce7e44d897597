from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from authentication.models.accounts import Account
from shopkit.testing import FakeClock

AddAccount = Callable[..., Awaitable[Account]]

ADMIN = {"X-User-Email": "root@shop.com", "X-User-Role": "admin"}
USER = {"X-User-Email": "ann@shop.com", "X-User-Role": "user"}


async def set_role(client: httpx2.AsyncClient, email: str, role: str) -> httpx2.Response:
    return await client.patch(f"/api/users/{email}", json={"role": role}, headers=ADMIN)


class TestAudit:
    @pytest.fixture
    async def trail(
        self, client: httpx2.AsyncClient, add_account: AddAccount, clock: FakeClock
    ) -> None:
        """Three changes, a minute apart: a promoted, b promoted, a demoted."""
        for letter in "ab":
            await add_account(f"{letter}@shop.com")
        for letter, role in (("a", "admin"), ("b", "admin"), ("a", "user")):
            await set_role(client, f"{letter}@shop.com", role)
            clock.advance(minutes=1)

    async def entries(self, client: httpx2.AsyncClient, **query: Any) -> list[tuple[str, str]]:
        path = "/api/admin/audit/authentication"
        response = await client.get(path, params=query, headers=ADMIN)
        assert response.status_code == 200
        return [(row["subject"][0], row["after"]["role"]) for row in response.json()["entries"]]

    @pytest.mark.usefixtures("trail")
    async def test_Given_Trail_When_Asked_Then_ItIsNewestFirstWithWhoWhenAndWhat(
        self, client: httpx2.AsyncClient
    ) -> None:
        response = await client.get(
            "/api/admin/audit/authentication",
            params={"limit": 1},
            headers=ADMIN | {"X-Request-ID": "r1"},
        )
        [entry] = response.json()["entries"]
        assert len(entry.pop("id")) == 24
        assert entry.pop("request_id") != ""
        assert entry == {
            "at": "2026-05-04T12:02:00Z",
            "actor": "root@shop.com",
            "action": "role-changed",
            "subject": "a@shop.com",
            "before": {"role": "admin"},
            "after": {"role": "user"},
        }

    @pytest.mark.usefixtures("trail")
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({}, [("a", "user"), ("b", "admin"), ("a", "admin")]),
            ({"subject": "b@shop.com"}, [("b", "admin")]),
            ({"actor": "root@shop.com", "limit": 1}, [("a", "user")]),
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
    async def test_Given_Trail_When_Filtered_Then_OnlyTheseCome(
        self,
        client: httpx2.AsyncClient,
        query: dict[str, Any],
        expected: list[tuple[str, str]],
    ) -> None:
        assert await self.entries(client, **query) == expected

    @pytest.mark.usefixtures("trail")
    async def test_Given_Cursor_When_Followed_Then_EachEntryComesOnce(
        self, client: httpx2.AsyncClient
    ) -> None:
        path = "/api/admin/audit/authentication"
        first = (await client.get(path, params={"limit": 2}, headers=ADMIN)).json()
        assert [row["subject"][0] for row in first["entries"]] == ["a", "b"]
        rest = await client.get(
            path, params={"limit": 2, "cursor": first["next_cursor"]}, headers=ADMIN
        )
        assert [row["subject"][0] for row in rest.json()["entries"]] == ["a"]
        assert rest.json()["next_cursor"] is None

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
    async def test_Given_BadQuery_When_Asked_Then_ItIs422(
        self, client: httpx2.AsyncClient, query: dict[str, Any]
    ) -> None:
        path = "/api/admin/audit/authentication"
        response = await client.get(path, params=query, headers=ADMIN)
        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == list(query)
