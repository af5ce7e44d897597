"""Verify an address, reset a password, change an address and undo that."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from authentication.dependencies import Services
from authentication.models.account import Account
from shopkit.mail.sender import DeadLinkError
from shopkit.storage.mongo import Database, Document
from shopkit.storage.unit_of_work import Mail
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.proofs import caller_headers

AddAccount = Callable[..., Awaitable[Account]]
LogIn = Callable[..., Awaitable[httpx2.Response]]
OpenMail = Callable[[str], Awaitable[str]]

EMAIL, PASSWORD, NEW_PASSWORD = "ann@shop.com", "correct horse", "battery staple"
OTHER_EMAIL = "anna@shop.com"
VERIFICATIONS, RESETS = "/api/email-verifications", "/api/password-resets"
CHANGES = "/api/email-changes"


class Caller:
    """Sends requests as Ann by default."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def post(
        self, path: str, body: Mapping[str, Any] | None = None, email: str = EMAIL
    ) -> httpx2.Response:
        role = "user" if email else "visitor"
        headers = caller_headers(email, role, address="192.0.2.1")
        return await self._client.post(path, json=body, headers=headers)

    async def pending_email(self, email: str = EMAIL) -> Any:
        response = await self._client.get("/api/me", headers=caller_headers(email))
        return response.json()["pending_email"]


@pytest.fixture
def ann(client: httpx2.AsyncClient) -> Caller:
    return Caller(client)


@pytest.fixture
def user_of(database: Database) -> Callable[[Account], Awaitable[Document]]:
    async def user_of(account: Account) -> Document:
        user = await database["users"].find_one({"_id": account.id})
        assert user
        return user

    return user_of


UserOf = Callable[[Account], Awaitable[Document]]


def problem(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["type"].removeprefix("/problems/")


def zulu(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def sent(transactions: FakeTransactions) -> list[tuple[str, str]]:
    return [(mail.template, mail.recipient) for mail in transactions.mails]


class TestRegister:
    async def test_sends_a_link_that_is_valid_for_three_days(
        self, ann: Caller, services: Services, transactions: FakeTransactions, clock: FakeClock
    ) -> None:
        # When
        await ann.post("/api/register", {"email": "Ann@shop.com", "password": PASSWORD}, email="")
        # Then
        assert sent(transactions) == [("email-verification", "Ann@shop.com")]
        [mail] = transactions.mails
        assert mail.data.keys() == {"link_id"}
        url = await services.links.create_url(mail)
        page, _, token = url.partition("#token=")
        assert page == "https://shop.example/verify-email"
        assert len(token) == 43
        clock.advance(days=3)
        with pytest.raises(DeadLinkError):
            await services.links.create_url(mail)

    async def test_a_taken_address_sends_nothing(
        self, ann: Caller, add_account: AddAccount, transactions: FakeTransactions
    ) -> None:
        await add_account()

        response = await ann.post("/api/register", {"email": EMAIL, "password": PASSWORD}, "")

        assert problem(response) == (400, "registration-refused")
        assert transactions.mails == []

    async def test_stores_only_a_hash_of_a_token(
        self, ann: Caller, open_mail: OpenMail, database: Database
    ) -> None:
        await ann.post("/api/register", {"email": EMAIL, "password": PASSWORD}, email="")
        token = await open_mail("email-verification")

        for name in await database.list_collection_names():
            assert token not in str(await database[name].find().to_list())


class TestVerification:
    async def test_verifies_the_address_and_the_next_token_says_so(
        self,
        ann: Caller,
        add_account: AddAccount,
        open_mail: OpenMail,
        user_of: UserOf,
        transactions: FakeTransactions,
    ) -> None:
        # Given
        account = await add_account()
        # When
        requested = await ann.post(VERIFICATIONS)
        token = await open_mail("email-verification")
        confirmed = await ann.post(f"{VERIFICATIONS}/confirm", {"token": token})
        # Then
        assert (requested.status_code, confirmed.status_code) == (204, 204)
        assert (await user_of(account))["verified"] is True
        assert sent(transactions) == [("email-verification", EMAIL)]
        again = await ann.post(f"{VERIFICATIONS}/confirm", {"token": token})
        assert problem(again) == (410, "link-used")

    async def test_someone_elses_click_verifies_nothing(
        self, ann: Caller, add_account: AddAccount, open_mail: OpenMail, user_of: UserOf
    ) -> None:
        # Given
        account, other = await add_account(), await add_account("bob@shop.com")
        await ann.post(VERIFICATIONS)
        token = await open_mail("email-verification")
        # When
        foreign = await ann.post(f"{VERIFICATIONS}/confirm", {"token": token}, "bob@shop.com")
        visitor = await ann.post(f"{VERIFICATIONS}/confirm", {"token": token}, "")
        # Then
        assert problem(foreign) == (403, "link-foreign")
        assert problem(visitor) == (401, "unauthenticated")
        assert (await user_of(account))["verified"] is False
        assert (await user_of(other))["verified"] is False
        own = await ann.post(f"{VERIFICATIONS}/confirm", {"token": token})
        assert own.status_code == 204

    async def test_a_mail_that_is_sent_twice_has_two_links_that_work(
        self, ann: Caller, add_account: AddAccount, open_mail: OpenMail
    ) -> None:
        # Given
        await add_account()
        await ann.post(VERIFICATIONS)
        first, _ = await open_mail("email-verification"), await open_mail("email-verification")
        # When
        response = await ann.post(f"{VERIFICATIONS}/confirm", {"token": first})
        # Then
        assert response.status_code == 204

    async def test_refuses_an_expired_link(
        self,
        ann: Caller,
        add_account: AddAccount,
        open_mail: OpenMail,
        user_of: UserOf,
        clock: FakeClock,
    ) -> None:
        # Given
        account = await add_account()
        await ann.post(VERIFICATIONS)
        token = await open_mail("email-verification")
        # When
        clock.advance(days=3)
        response = await ann.post(f"{VERIFICATIONS}/confirm", {"token": token})
        # Then
        assert problem(response) == (410, "link-expired")
        assert (await user_of(account))["verified"] is False

    async def test_sends_nothing_to_a_verified_address(
        self, ann: Caller, add_account: AddAccount, open_mail: OpenMail
    ) -> None:
        # Given
        await add_account()
        await ann.post(VERIFICATIONS)
        token = await open_mail("email-verification")
        await ann.post(f"{VERIFICATIONS}/confirm", {"token": token})
        # When
        response = await ann.post(VERIFICATIONS)
        # Then
        assert response.status_code == 204

    async def test_limits_the_mails_of_an_hour(
        self,
        ann: Caller,
        add_account: AddAccount,
        transactions: FakeTransactions,
        clock: FakeClock,
    ) -> None:
        # Given
        await add_account()
        # When
        statuses = [(await ann.post(VERIFICATIONS)).status_code for _ in range(5)]
        clock.advance(hours=1)
        later = await ann.post(VERIFICATIONS)
        # Then
        assert statuses == [204, 204, 204, 429, 429]
        assert later.status_code == 204
        assert len(transactions.mails) == 4


class TestPasswordReset:
    async def test_replaces_the_password_and_ends_every_session(
        self,
        ann: Caller,
        add_account: AddAccount,
        log_in: LogIn,
        services: Services,
        open_mail: OpenMail,
        user_of: UserOf,
        transactions: FakeTransactions,
        database: Database,
        clock: FakeClock,
    ) -> None:
        # Given
        account = await add_account()
        session = (await log_in()).json()
        # When
        requested = await ann.post(RESETS, {"email": " ANN@shop.com"}, email="")
        await services.password_resets.answer_requests()
        token = await open_mail("password-reset")
        body = {"token": token, "password": NEW_PASSWORD}
        confirmed = await ann.post(f"{RESETS}/confirm", body, email="")
        # Then
        assert (requested.status_code, requested.content) == (202, b"")
        assert confirmed.status_code == 204
        assert sent(transactions) == [("password-reset", EMAIL), ("password-changed", EMAIL)]
        assert (await log_in()).status_code == 401
        assert (await log_in(password=NEW_PASSWORD)).status_code == 200
        refresh = {"refresh_token": session["refresh_token"]}
        assert (await ann.post("/api/refresh", refresh, "")).status_code == 401
        user = await user_of(account)
        assert user["verified"] is True
        [revocation] = await database["revocations"].find().to_list()
        assert revocation["account"] == str(account.id)
        assert revocation["before"] == user["least_iat"] == clock.now.timestamp() + 1
        [entry] = await database["audit"].find().to_list()
        assert (entry["action"], entry["actor_id"]) == ("password-reset", str(account.id))

    async def test_the_owner_can_log_in_after_guessing_too_often(
        self,
        ann: Caller,
        add_account: AddAccount,
        log_in: LogIn,
        services: Services,
        open_mail: OpenMail,
    ) -> None:
        # Given
        await add_account()
        guesses = [(await log_in(password=f"guess {number}")).status_code for number in range(4)]
        await ann.post(RESETS, {"email": EMAIL}, email="")
        await services.password_resets.answer_requests()
        # When
        body = {"token": await open_mail("password-reset"), "password": NEW_PASSWORD}
        await ann.post(f"{RESETS}/confirm", body, email="")
        # Then
        assert guesses == [401, 401, 401, 429]
        assert (await log_in(password=NEW_PASSWORD)).status_code == 200
        elsewhere = await log_in(password=PASSWORD, address="192.0.2.77")
        assert elsewhere.status_code == 401

    async def test_a_link_works_once_and_replaces_the_others(
        self,
        ann: Caller,
        add_account: AddAccount,
        log_in: LogIn,
        services: Services,
        open_mail: OpenMail,
    ) -> None:
        # Given
        await add_account()
        tokens = []
        for _ in range(2):
            await ann.post(RESETS, {"email": EMAIL}, email="")
            await services.password_resets.answer_requests()
            tokens.append(await open_mail("password-reset"))
        # When
        answers = [
            await ann.post(f"{RESETS}/confirm", {"token": token, "password": password}, "")
            for token, password in (
                (tokens[0], NEW_PASSWORD),
                (tokens[0], "another try"),
                (tokens[1], "another try"),
            )
        ]
        # Then
        assert [answer.status_code for answer in answers] == [204, 410, 410]
        assert problem(answers[1]) == problem(answers[2]) == (410, "link-used")
        assert (await log_in(password=NEW_PASSWORD)).status_code == 200

    @pytest.mark.parametrize("token", ["x", "x" * 43, "\N{GRINNING FACE}"])
    async def test_refuses_an_unknown_token(
        self, ann: Caller, add_account: AddAccount, log_in: LogIn, token: str
    ) -> None:
        await add_account()

        body = {"token": token, "password": NEW_PASSWORD}
        response = await ann.post(f"{RESETS}/confirm", body, email="")

        assert problem(response) == (404, "link-unknown")
        assert (await log_in()).status_code == 200

    async def test_refuses_a_token_of_another_kind(
        self, ann: Caller, add_account: AddAccount, log_in: LogIn, open_mail: OpenMail
    ) -> None:
        # Given
        await add_account()
        await ann.post(VERIFICATIONS)
        token = await open_mail("email-verification")
        # When
        body = {"token": token, "password": NEW_PASSWORD}
        response = await ann.post(f"{RESETS}/confirm", body, email="")
        # Then
        assert problem(response) == (404, "link-unknown")
        assert (await log_in()).status_code == 200

    async def test_refuses_an_expired_link(
        self,
        ann: Caller,
        add_account: AddAccount,
        log_in: LogIn,
        services: Services,
        open_mail: OpenMail,
        clock: FakeClock,
    ) -> None:
        # Given
        await add_account()
        await ann.post(RESETS, {"email": EMAIL}, email="")
        await services.password_resets.answer_requests()
        token = await open_mail("password-reset")
        # When
        clock.advance(hours=1)
        body = {"token": token, "password": NEW_PASSWORD}
        response = await ann.post(f"{RESETS}/confirm", body, email="")
        # Then
        assert problem(response) == (410, "link-expired")
        assert (await log_in()).status_code == 200

    async def test_refuses_a_common_password_and_keeps_the_link(
        self,
        ann: Caller,
        add_account: AddAccount,
        services: Services,
        open_mail: OpenMail,
    ) -> None:
        # Given
        await add_account()
        await ann.post(RESETS, {"email": EMAIL}, email="")
        await services.password_resets.answer_requests()
        token = await open_mail("password-reset")
        # When
        common = await ann.post(f"{RESETS}/confirm", {"token": token, "password": "password"}, "")
        chosen = await ann.post(f"{RESETS}/confirm", {"token": token, "password": NEW_PASSWORD}, "")
        # Then
        assert [error["field"] for error in common.json()["errors"]] == ["password"]
        assert (common.status_code, chosen.status_code) == (422, 204)

    async def test_an_unknown_address_gets_the_same_answer_and_no_mail(
        self, ann: Caller, services: Services, transactions: FakeTransactions, database: Database
    ) -> None:
        # When
        response = await ann.post(RESETS, {"email": "nobody@shop.com"}, email="")
        [row] = await database["reset_requests"].find().to_list()
        await services.password_resets.answer_requests()
        # Then
        assert (response.status_code, response.content) == (202, b"")
        assert row["_id"] == "nobody@shop.com"
        assert transactions.mails == []
        assert await database["reset_requests"].count_documents({}) == 0
        assert await database["mail_links"].count_documents({}) == 0

    async def test_many_requests_store_one_row_and_send_few_mails(
        self,
        ann: Caller,
        add_account: AddAccount,
        services: Services,
        transactions: FakeTransactions,
        database: Database,
    ) -> None:
        # Given
        await add_account()
        # When
        statuses = set()
        for _ in range(10):
            statuses.add((await ann.post(RESETS, {"email": EMAIL}, email="")).status_code)
            rows = await database["reset_requests"].count_documents({})
            await ann.post(RESETS, {"email": EMAIL}, email="")
            assert rows == await database["reset_requests"].count_documents({}) == 1
            await services.password_resets.answer_requests()
        # Then
        assert statuses == {202}
        assert sent(transactions) == [("password-reset", EMAIL)] * 3

    async def test_a_link_to_an_earlier_address_does_not_work(
        self,
        ann: Caller,
        add_account: AddAccount,
        services: Services,
        open_mail: OpenMail,
    ) -> None:
        # Given
        await add_account()
        await ann.post(RESETS, {"email": EMAIL}, email="")
        await services.password_resets.answer_requests()
        reset = await open_mail("password-reset")
        await ann.post("/api/me/email", {"email": OTHER_EMAIL, "password": PASSWORD})
        change = await open_mail("email-change")
        # When
        changed = await ann.post(f"{CHANGES}/confirm", {"token": change}, "")
        response = await ann.post(
            f"{RESETS}/confirm", {"token": reset, "password": NEW_PASSWORD}, ""
        )
        # Then
        assert changed.status_code == 204
        assert problem(response) == (410, "link-used")


class TestEmailChange:
    @pytest.fixture
    async def account(self, add_account: AddAccount) -> Account:
        return await add_account()

    async def request(self, ann: Caller, email: str = OTHER_EMAIL) -> httpx2.Response:
        return await ann.post("/api/me/email", {"email": email, "password": PASSWORD})

    async def test_the_owner_sees_the_new_address_until_its_link_expires_or_is_used(
        self, ann: Caller, account: Account, open_mail: OpenMail, clock: FakeClock
    ) -> None:
        # Given
        await self.request(ann, "first@shop.com")
        first_expiry = clock.now + timedelta(days=1)
        # When
        first = await ann.pending_email()
        clock.advance(hours=1)
        await self.request(ann, "Anna@shop.com")
        second = await ann.pending_email()
        clock.advance(days=1)
        expired = await ann.pending_email()
        await self.request(ann)
        await ann.post(f"{CHANGES}/confirm", {"token": await open_mail("email-change")}, "")
        used = await ann.pending_email()
        # Then
        assert first == {"email": "first@shop.com", "expires_at": zulu(first_expiry)}
        assert second == {
            "email": "Anna@shop.com",
            "expires_at": zulu(first_expiry + timedelta(hours=1)),
        }
        assert (expired, used) == (None, None)

    async def test_others_do_not_see_the_new_address(
        self, ann: Caller, account: Account, add_account: AddAccount
    ) -> None:
        await add_account("bob@shop.com")

        await self.request(ann)

        assert await ann.pending_email("bob@shop.com") is None

    async def test_changes_the_address_once_the_new_one_is_confirmed(
        self,
        ann: Caller,
        account: Account,
        log_in: LogIn,
        open_mail: OpenMail,
        user_of: UserOf,
        transactions: FakeTransactions,
        database: Database,
    ) -> None:
        # Given
        session = (await log_in()).json()
        # When
        requested = await self.request(ann, "Anna@shop.com")
        before = await user_of(account)
        token = await open_mail("email-change")
        confirmed = await ann.post(f"{CHANGES}/confirm", {"token": token}, "")
        # Then
        assert (requested.status_code, confirmed.status_code) == (202, 204)
        assert before["email"] == EMAIL
        user = await user_of(account)
        assert (user["email"], user["shown_email"]) == (OTHER_EMAIL, "Anna@shop.com")
        assert user["email_keys"] == [OTHER_EMAIL, "shop.com"]
        assert user["verified"] is True
        assert sent(transactions) == [
            ("email-change", "Anna@shop.com"),
            ("email-change-undo", EMAIL),
        ]
        assert (await log_in(OTHER_EMAIL)).status_code == 200
        assert (await log_in(EMAIL)).status_code == 401
        refresh = {"refresh_token": session["refresh_token"]}
        assert (await ann.post("/api/refresh", refresh, "")).status_code == 200
        [entry] = await database["audit"].find().to_list()
        assert (entry["action"], entry["subject_id"]) == ("email-changed", str(account.id))
        again = await ann.post(f"{CHANGES}/confirm", {"token": token}, "")
        assert problem(again) == (410, "link-used")

    async def test_needs_the_password(
        self, ann: Caller, account: Account, transactions: FakeTransactions
    ) -> None:
        response = await ann.post("/api/me/email", {"email": OTHER_EMAIL, "password": "wrong"})

        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == ["password"]
        assert transactions.mails == []

    async def test_refuses_the_present_address(
        self, ann: Caller, account: Account, transactions: FakeTransactions
    ) -> None:
        response = await self.request(ann, "ANN@shop.com")

        assert [error["field"] for error in response.json()["errors"]] == ["email"]
        assert (response.status_code, transactions.mails) == (422, [])

    async def test_does_not_show_whether_the_address_is_taken_until_it_is_confirmed(
        self,
        ann: Caller,
        account: Account,
        add_account: AddAccount,
        open_mail: OpenMail,
        user_of: UserOf,
    ) -> None:
        # Given
        await add_account(OTHER_EMAIL)
        # When
        requested = await self.request(ann)
        token = await open_mail("email-change")
        response = await ann.post(f"{CHANGES}/confirm", {"token": token}, "")
        # Then
        assert requested.status_code == 202
        assert problem(response) == (409, "email-in-use")
        assert (await user_of(account))["email"] == EMAIL

    async def test_a_newer_request_replaces_an_older_one(
        self, ann: Caller, account: Account, open_mail: OpenMail, user_of: UserOf
    ) -> None:
        # Given
        await self.request(ann, "first@shop.com")
        first = await open_mail("email-change")
        await self.request(ann, "second@shop.com")
        second = await open_mail("email-change")
        # When
        answers = [
            await ann.post(f"{CHANGES}/confirm", {"token": token}, "") for token in (first, second)
        ]
        # Then
        assert [answer.status_code for answer in answers] == [410, 204]
        assert (await user_of(account))["email"] == "second@shop.com"

    async def test_limits_the_mails_of_an_hour(
        self, ann: Caller, account: Account, transactions: FakeTransactions
    ) -> None:
        statuses = [(await self.request(ann)).status_code for _ in range(4)]

        assert statuses == [202, 202, 202, 429]
        assert len(transactions.mails) == 3

    async def test_the_old_address_stays_reserved_for_seven_days(
        self, ann: Caller, account: Account, open_mail: OpenMail, clock: FakeClock
    ) -> None:
        # Given
        await self.request(ann)
        await ann.post(f"{CHANGES}/confirm", {"token": await open_mail("email-change")}, "")
        body = {"email": EMAIL, "password": PASSWORD}
        # When
        early = await ann.post("/api/register", body, "")
        clock.advance(days=7)
        late = await ann.post("/api/register", body, "")
        # Then
        assert problem(early) == (400, "registration-refused")
        assert late.status_code == 201

    async def test_nobody_else_can_change_to_a_reserved_address(
        self, ann: Caller, account: Account, add_account: AddAccount, open_mail: OpenMail
    ) -> None:
        # Given
        await self.request(ann)
        await ann.post(f"{CHANGES}/confirm", {"token": await open_mail("email-change")}, "")
        await add_account("bob@shop.com")
        # When
        body = {"email": EMAIL, "password": PASSWORD}
        await ann.post("/api/me/email", body, "bob@shop.com")
        token = await open_mail("email-change")
        response = await ann.post(f"{CHANGES}/confirm", {"token": token}, "")
        # Then
        assert problem(response) == (409, "email-in-use")


class TestUndo:
    @pytest.fixture
    async def account(self, add_account: AddAccount) -> Account:
        return await add_account()

    @pytest.fixture
    async def undo_token(self, ann: Caller, account: Account, open_mail: OpenMail) -> str:
        body = {"email": OTHER_EMAIL, "password": PASSWORD}
        await ann.post("/api/me/email", body)
        await ann.post(f"{CHANGES}/confirm", {"token": await open_mail("email-change")}, "")
        return await open_mail("email-change-undo")

    async def test_restores_the_address_and_forces_a_new_password(
        self,
        ann: Caller,
        account: Account,
        undo_token: str,
        log_in: LogIn,
        open_mail: OpenMail,
        user_of: UserOf,
        transactions: FakeTransactions,
        clock: FakeClock,
    ) -> None:
        # Given
        session = (await log_in(OTHER_EMAIL)).json()
        clock.advance(days=6)
        # When
        response = await ann.post(f"{CHANGES}/undo", {"token": undo_token}, "")
        # Then
        assert response.status_code == 204
        assert (await user_of(account))["email"] == EMAIL
        refresh = {"refresh_token": session["refresh_token"]}
        assert (await ann.post("/api/refresh", refresh, "")).status_code == 401
        assert (await log_in(EMAIL)).status_code == 401
        assert (await log_in(OTHER_EMAIL)).status_code == 401
        assert sent(transactions)[-1] == ("password-reset", EMAIL)
        token = await open_mail("password-reset")
        body = {"token": token, "password": NEW_PASSWORD}
        assert (await ann.post(f"{RESETS}/confirm", body, "")).status_code == 204
        assert (await log_in(EMAIL, NEW_PASSWORD)).status_code == 200
        again = await ann.post(f"{CHANGES}/undo", {"token": undo_token}, "")
        assert problem(again) == (410, "link-used")

    async def test_works_after_a_second_change_of_the_address(
        self,
        ann: Caller,
        account: Account,
        undo_token: str,
        open_mail: OpenMail,
        user_of: UserOf,
    ) -> None:
        # Given
        body = {"email": "thief@shop.com", "password": PASSWORD}
        await ann.post("/api/me/email", body)
        await ann.post(f"{CHANGES}/confirm", {"token": await open_mail("email-change")}, "")
        second_undo = await open_mail("email-change-undo")
        # When
        response = await ann.post(f"{CHANGES}/undo", {"token": undo_token}, "")
        other = await ann.post(f"{CHANGES}/undo", {"token": second_undo}, "")
        # Then
        assert (response.status_code, other.status_code) == (204, 410)
        assert (await user_of(account))["email"] == EMAIL

    async def test_expires_after_seven_days(
        self, ann: Caller, account: Account, undo_token: str, user_of: UserOf, clock: FakeClock
    ) -> None:
        # When
        clock.advance(days=7)
        response = await ann.post(f"{CHANGES}/undo", {"token": undo_token}, "")
        # Then
        assert problem(response) == (410, "link-expired")
        assert (await user_of(account))["email"] == OTHER_EMAIL

    async def test_a_pending_change_can_no_longer_be_confirmed(
        self, ann: Caller, account: Account, undo_token: str, open_mail: OpenMail, user_of: UserOf
    ) -> None:
        # Given
        await ann.post("/api/me/email", {"email": "thief@shop.com", "password": PASSWORD})
        pending = await open_mail("email-change")
        # When
        await ann.post(f"{CHANGES}/undo", {"token": undo_token}, "")
        response = await ann.post(f"{CHANGES}/confirm", {"token": pending}, "")
        # Then
        assert problem(response) == (410, "link-used")
        assert (await user_of(account))["email"] == EMAIL


class TestLinks:
    async def test_a_link_that_was_used_is_not_sent(
        self,
        ann: Caller,
        add_account: AddAccount,
        services: Services,
        open_mail: OpenMail,
        transactions: FakeTransactions,
    ) -> None:
        # Given
        await add_account()
        await ann.post(VERIFICATIONS)
        await ann.post(VERIFICATIONS)
        first: Mail = transactions.mails[0]
        token = await open_mail("email-verification")
        # When
        await ann.post(f"{VERIFICATIONS}/confirm", {"token": token})
        # Then
        with pytest.raises(DeadLinkError):
            await services.links.create_url(first)

    async def test_the_database_deletes_links_30_days_after_they_expire(
        self, ann: Caller, add_account: AddAccount, database: Database, clock: FakeClock
    ) -> None:
        await add_account()

        await ann.post(VERIFICATIONS)

        [link] = await database["mail_links"].find().to_list()
        assert link["delete_at"] == clock.now + timedelta(days=33)


class TestWithoutMail:
    @pytest.fixture
    def settings(self, settings: Any) -> Any:
        return settings.model_copy(update={"mail": "off"})

    async def test_a_registration_says_that_no_mail_was_sent(self, ann: Caller) -> None:
        body = {"email": EMAIL, "password": PASSWORD}

        response = await ann.post("/api/register", body, email="")

        assert response.status_code == 201
        assert response.json()["mail_sent"] is False

    async def test_requests_that_need_a_mail_are_refused(
        self, ann: Caller, add_account: AddAccount, database: Database
    ) -> None:
        await add_account()

        answers = [
            await ann.post(VERIFICATIONS),
            await ann.post(RESETS, {"email": EMAIL}),
            await ann.post("/api/me/email", {"email": OTHER_EMAIL, "password": PASSWORD}),
        ]

        assert [problem(answer) for answer in answers] == [(503, "mail-off")] * 3
        assert await database["reset_requests"].count_documents({}) == 0
        assert await database["mail_links"].count_documents({}) == 0
