"""What transactions and atomic updates promise, on a real database."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from jose import jwt

from authentication.models.accounts import Account, AccountRole
from authentication.services.passwords import Passwords
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock

AddAccount = Callable[..., Awaitable[Account]]

EMAIL, PASSWORD, NEW = "ann@shop.com", "correct horse", "battery staple"
ADMIN = {"X-User-Email": "root@shop.com", "X-User-Role": "admin"}


async def log_in(
    client: httpx2.AsyncClient, password: str = PASSWORD, address: str = "192.0.2.1"
) -> httpx2.Response:
    return await client.post(
        "/api/login",
        json={"email": EMAIL, "password": password},
        headers={"X-Client-Address": address},
    )


async def statuses(*calls: Awaitable[httpx2.Response]) -> list[int]:
    return sorted(response.status_code for response in await asyncio.gather(*calls))


@pytest.mark.parametrize("run", range(5))
class TestRefresh:
    async def test_Given_OneToken_When_RefreshedTenTimesAtOnce_Then_ItIsSpentOnce(
        self,
        real_client: httpx2.AsyncClient,
        real_database: Database,
        add_real_account: AddAccount,
        run: int,
    ) -> None:
        # Given
        await add_real_account()
        token = (await log_in(real_client)).json()
        # When
        answers = await asyncio.gather(
            *(real_client.post("/api/refresh", json=token) for _ in range(10))
        )
        # Then: the others are taken for theft, so the one successor is worthless too.
        assert sorted(answer.status_code for answer in answers) == [200, *[401] * 9]
        assert await real_database["refresh_tokens"].count_documents({}) == 2
        assert await real_database["revocations"].count_documents({}) == 1
        [good] = [answer for answer in answers if answer.status_code == 200]
        assert (await real_client.post("/api/refresh", json=good.json())).status_code == 401

    async def test_Given_OneToken_When_RefreshedAndLoggedOutAtOnce_Then_NoTokenOutlivesTheSession(
        self,
        real_client: httpx2.AsyncClient,
        add_real_account: AddAccount,
        run: int,
    ) -> None:
        await add_real_account()
        token = (await log_in(real_client)).json()
        refreshed, ended = await asyncio.gather(
            real_client.post("/api/refresh", json=token),
            real_client.post("/api/logout", json=token),
        )
        assert ended.status_code == 204
        if refreshed.status_code == 200:
            token = refreshed.json()
        assert (await real_client.post("/api/refresh", json=token)).status_code == 401

    async def test_Given_Role_When_ChangedDuringARefresh_Then_ATokenOfTheOldRoleIsRevoked(
        self,
        real_client: httpx2.AsyncClient,
        real_database: Database,
        add_real_account: AddAccount,
        run: int,
    ) -> None:
        # Given
        await add_real_account()
        token = (await log_in(real_client)).json()
        # When
        refreshed, changed = await asyncio.gather(
            real_client.post("/api/refresh", json=token),
            real_client.patch(f"/api/users/{EMAIL}", json={"role": "admin"}, headers=ADMIN),
        )
        # Then
        assert (refreshed.status_code, changed.status_code) == (200, 200)
        revocation = await real_database["revocations"].find_one({})
        assert revocation is not None
        claims = jwt.get_unverified_claims(refreshed.json()["access_token"])
        assert (claims["role"] == "user") == (claims["iat"] < revocation["before"])


class TestLastAdmin:
    @pytest.mark.parametrize("run", range(5))
    async def test_Given_TwoAdmins_When_EachDemotesTheOther_Then_OneStays(
        self,
        real_client: httpx2.AsyncClient,
        real_database: Database,
        add_real_account: AddAccount,
        run: int,
    ) -> None:
        # Given
        for letter in "ab":
            await add_real_account(f"{letter}@shop.com", role=AccountRole.ADMIN)
        # When
        answers = await statuses(
            *(
                real_client.patch(
                    f"/api/users/{other}@shop.com",
                    json={"role": "user"},
                    headers={"X-User-Email": f"{own}@shop.com", "X-User-Role": "admin"},
                )
                for own, other in ("ab", "ba")
            )
        )
        # Then
        assert answers == [200, 409]
        assert await real_database["users"].count_documents({"role": "admin"}) == 1
        assert await real_database["audit"].count_documents({}) == 1
        assert await real_database["revocations"].count_documents({}) == 1


class TestRegister:
    async def test_Given_OneEmail_When_RegisteredAtOnce_Then_OneAccountIsMade(
        self, real_client: httpx2.AsyncClient, real_database: Database
    ) -> None:
        answers = await statuses(
            *(
                real_client.post(
                    "/api/register",
                    json={"email": spelling, "password": PASSWORD},
                    headers={"X-Client-Address": f"192.0.2.{number}"},
                )
                for number, spelling in enumerate([EMAIL, "ANN@shop.com"] * 4)
            )
        )
        assert answers == [201, *[400] * 7]
        assert await real_database["users"].count_documents({}) == 1


class TestThrottle:
    async def test_Given_ThreeAllowed_When_TenAreTriedAtOnce_Then_ThreeAreChecked(
        self, real_client: httpx2.AsyncClient, real_database: Database
    ) -> None:
        answers = await statuses(*(log_in(real_client, "wrong") for _ in range(10)))
        assert answers == [*[401] * 3, *[429] * 7]
        counted = {row["_id"]: row["count"] async for row in real_database["throttles"].find()}
        assert counted == {
            "login|192.0.2.1": 3,
            f"login|192.0.2.1|{EMAIL}": 3,
            f"account|{EMAIL}": 3,
        }

    async def test_Given_WindowIsOver_When_ManyBeginTheNextAtOnce_Then_EachIsCounted(
        self, real_client: httpx2.AsyncClient, real_database: Database, clock: FakeClock
    ) -> None:
        await log_in(real_client, "wrong")
        clock.advance(minutes=15)
        assert await statuses(*(log_in(real_client, "wrong") for _ in range(3))) == [401] * 3
        row = await real_database["throttles"].find_one({"_id": "login|192.0.2.1"})
        assert row is not None
        assert (row["count"], row["expires_at"]) == (3, clock.now.replace(minute=30))


class TestChangePassword:
    @pytest.mark.parametrize("run", range(5))
    async def test_Given_LogInWithTheOld_When_PasswordIsChangedAtOnce_Then_NoSessionOutlivesIt(
        self,
        real_client: httpx2.AsyncClient,
        add_real_account: AddAccount,
        run: int,
    ) -> None:
        await add_real_account()
        changed, opened = await asyncio.gather(
            real_client.post(
                "/api/me/password",
                json={"current": PASSWORD, "new": NEW},
                headers={"X-User-Email": EMAIL, "X-User-Role": "user"},
            ),
            log_in(real_client, address="198.51.100.1"),
        )
        assert changed.status_code == 204
        if opened.status_code == 200:
            answer = await real_client.post("/api/refresh", json=opened.json())
            assert answer.status_code == 401
        assert (await log_in(real_client, NEW, "198.51.100.2")).status_code == 200

    async def test_Given_FailureWithin_When_Changed_Then_NothingOfItStays(
        self,
        real_client: httpx2.AsyncClient,
        real_database: Database,
        add_real_account: AddAccount,
        passwords: Passwords,
    ) -> None:
        # Given: an audit trail that takes nothing any more.
        await add_real_account()
        opened = await log_in(real_client)
        users = await real_database["users"].find().to_list()
        await real_database.command("collMod", "audit", validator={"never": True})
        # When
        response = await real_client.post(
            "/api/me/password",
            json={"current": PASSWORD, "new": NEW},
            headers={"X-User-Email": EMAIL, "X-User-Role": "user"},
        )
        # Then
        assert response.status_code == 500
        assert await real_database["users"].find().to_list() == users
        assert await real_database["revocations"].count_documents({}) == 0
        assert (await real_client.post("/api/refresh", json=opened.json())).status_code == 200
