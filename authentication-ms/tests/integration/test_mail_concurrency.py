"""Links, mails and addresses on a real database, with transactions and real SMTP."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from authentication.dependencies import Services
from authentication.main import create_app
from authentication.models.account import Account
from authentication.settings import AuthenticationSettings
from shopkit.clock import utc_now
from shopkit.mail.mails import Mails
from shopkit.mail_catcher import text_of
from shopkit.storage.mongo import Database
from shopkit.storage.unit_of_work import MongoTransactions, Transactions
from shopkit.testing.apps import client_of
from shopkit.testing.proofs import caller_headers
from shopkit.testing.smtp import SmtpServer, smtp_server

AddAccount = Callable[..., Awaitable[Account]]
LogIn = Callable[..., Awaitable[httpx2.Response]]

EMAIL, PASSWORD, NEW_PASSWORD = "ann@shop.com", "correct horse", "battery staple"
OTHER_EMAIL = "anna@shop.com"
WAIT_SECONDS = 30
BERLIN: dict[str, Any] = {
    "name": "Ann",
    "lines": ["Unter den Linden 1"],
    "postcode": "10117",
    "city": "Berlin",
    "country": "DE",
}


@pytest.fixture
def database(real_database: Database) -> Database:
    return real_database


@pytest.fixture
def transactions(database: Database) -> Transactions:
    return MongoTransactions(database.client, mails=Mails(database, utc_now))


async def statuses(*requests: Awaitable[httpx2.Response]) -> list[int]:
    return sorted(response.status_code for response in await asyncio.gather(*requests))


class TestConcurrently:
    @pytest.fixture
    def token_of(self, database: Database, services: Services) -> Callable[[str], Awaitable[str]]:
        """Returns the token in the last mail of a template."""

        async def token_of(template: str) -> str:
            row = await database["mails"].find_one(
                {"template": template}, sort=[("created_at", -1)]
            )
            assert row
            mail = await Mails(database, utc_now).find_by_id(row["_id"])
            assert mail
            return (await services.links.create_url(mail.mail)).partition("#token=")[2]

        return token_of

    async def test_an_address_is_registered_and_mailed_once(
        self, client: httpx2.AsyncClient, database: Database
    ) -> None:
        body = {"email": EMAIL, "password": PASSWORD}

        found = await statuses(
            *(
                client.post(
                    "/api/register",
                    json=body,
                    headers=caller_headers("", "visitor", address=f"192.0.2.{number}"),
                )
                for number in range(8)
            )
        )

        assert found == [201, *[400] * 7]
        assert await database["users"].count_documents({}) == 1
        assert await database["mails"].count_documents({}) == 1

    async def test_a_link_resets_a_password_once(
        self,
        client: httpx2.AsyncClient,
        database: Database,
        services: Services,
        add_account: AddAccount,
        token_of: Callable[[str], Awaitable[str]],
    ) -> None:
        # Given
        await add_account()
        await client.post("/api/password-resets", json={"email": EMAIL})
        await asyncio.gather(*(services.password_resets.answer_requests() for _ in range(4)))
        token = await token_of("password-reset")
        # When
        found = await statuses(
            *(
                client.post(
                    "/api/password-resets/confirm",
                    json={"token": token, "password": f"{NEW_PASSWORD} {number}"},
                )
                for number in range(8)
            )
        )
        # Then
        assert found == [204, *[410] * 7]
        templates = [row["template"] async for row in database["mails"].find()]
        assert sorted(templates) == ["password-changed", "password-reset"]
        assert await database["audit"].count_documents({}) == 1

    async def test_only_one_account_gets_an_address(
        self,
        client: httpx2.AsyncClient,
        database: Database,
        add_account: AddAccount,
        token_of: Callable[[str], Awaitable[str]],
    ) -> None:
        # Given
        tokens = []
        for email in (EMAIL, "bob@shop.com"):
            await add_account(email)
            body = {"email": OTHER_EMAIL, "password": PASSWORD}
            await client.post("/api/me/email", json=body, headers=caller_headers(email))
            tokens.append(await token_of("email-change"))
        # When
        found = await statuses(
            *(client.post("/api/email-changes/confirm", json={"token": token}) for token in tokens),
            client.post("/api/register", json={"email": OTHER_EMAIL, "password": PASSWORD}),
        )
        # Then
        assert found in ([201, 409, 409], [204, 400, 409])
        assert await database["users"].count_documents({"email": OTHER_EMAIL}) == 1

    async def test_an_account_never_has_more_than_20_addresses_or_two_defaults(
        self, client: httpx2.AsyncClient, database: Database, add_account: AddAccount
    ) -> None:
        # Given
        await add_account()
        headers = caller_headers(EMAIL)
        # When
        found = await statuses(
            *(
                client.post("/api/me/addresses", json=BERLIN | {"default": True}, headers=headers)
                for _ in range(24)
            )
        )
        # Then
        assert set(found) <= {201, 409, 503}
        assert await database["addresses"].count_documents({}) <= 20
        assert await database["addresses"].count_documents({"is_default": True}) == 1

    async def test_10000_requests_for_a_reset_store_one_row_and_send_few_mails(
        self,
        client: httpx2.AsyncClient,
        database: Database,
        services: Services,
        add_account: AddAccount,
    ) -> None:
        # Given
        await add_account()
        # When
        found: set[int] = set()
        for _ in range(100):
            requests = (
                client.post("/api/password-resets", json={"email": EMAIL}) for _ in range(100)
            )
            found |= set(await statuses(*requests))
        rows = await database["reset_requests"].count_documents({})
        await services.password_resets.answer_requests()
        # Then
        assert found == {202}
        assert rows == 1
        assert await database["mails"].count_documents({}) == 1


class TestRunningService:
    @pytest.fixture
    def real_settings(
        self, settings: AuthenticationSettings, mongo_url: str
    ) -> AuthenticationSettings:
        changes = {"mongo_url": mongo_url, "smtp_security": "none"}
        return AuthenticationSettings(**settings.model_dump() | changes)

    async def wait_for_mails(self, server: SmtpServer, count: int) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while len(server.received) < count:
            assert time.monotonic() < deadline, f"{len(server.received)} of {count} mails"
            await asyncio.sleep(0.05)

    def app(self, settings: AuthenticationSettings, port: int) -> FastAPI:
        return create_app(settings.model_copy(update={"smtp_port": port}))

    async def test_sends_the_mails_of_a_reset(
        self, database: Database, real_settings: AuthenticationSettings
    ) -> None:
        # Given
        async with (
            smtp_server() as server,
            client_of(self.app(real_settings, server.port)) as client,
        ):
            body = {"email": EMAIL, "password": PASSWORD}
            assert (await client.post("/api/register", json=body)).status_code == 201
            # When
            await client.post("/api/password-resets", json={"email": EMAIL})
            await self.wait_for_mails(server, 2)
            token = text_of(server.received[-1]).partition("#token=")[2].split()[0]
            body = {"token": token, "password": NEW_PASSWORD}
            response = await client.post("/api/password-resets/confirm", json=body)
            await self.wait_for_mails(server, 3)
        # Then
        assert response.status_code == 204
        assert sorted(str(mail["Subject"]) for mail in server.received) == [
            "Choose a new password",
            "Confirm your email address",
            "Your password was changed",
        ]
        assert {str(mail["To"]) for mail in server.received} == {EMAIL}

    async def test_a_mail_of_a_stopped_service_is_sent_after_its_start(
        self, database: Database, real_settings: AuthenticationSettings
    ) -> None:
        # Given
        async with smtp_server() as server:
            await server.stop()
            async with client_of(self.app(real_settings, server.port)) as client:
                body = {"email": EMAIL, "password": PASSWORD}
                assert (await client.post("/api/register", json=body)).status_code == 201
            assert server.received == []
            # When
            await server.start()
            async with client_of(self.app(real_settings, server.port)):
                await self.wait_for_mails(server, 1)
        # Then
        [row] = await database["mails"].find().to_list()
        assert server.received[0]["Message-ID"] == f"<{row['_id']}@kiosk.example>"
