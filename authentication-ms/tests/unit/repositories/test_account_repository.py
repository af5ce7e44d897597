import pytest
from pymongo.errors import DuplicateKeyError

from authentication.models.account import Account, AccountRole
from authentication.repositories.accounts import AccountRepository
from shopkit.storage.keyset import InvalidCursorError
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


@pytest.fixture
def accounts(database: Database) -> AccountRepository:
    return AccountRepository(database)


async def insert(
    accounts: AccountRepository, clock: FakeClock, name: str, role: AccountRole = AccountRole.USER
) -> Account:
    return await accounts.insert(
        email=f"{name}@shop.com", role=role, password_hash="old", now=clock.now, session=None
    )


async def stored(accounts: AccountRepository, account: Account) -> Account:
    found = await accounts.find_by_id(account.id, session=None)
    assert found is not None
    return found


class TestInsert:
    async def test_stores_an_account(self, accounts: AccountRepository, clock: FakeClock) -> None:
        account = await insert(accounts, clock, "ann")
        assert await accounts.find_by_email("ann@shop.com") == account
        assert await stored(accounts, account) == account

    async def test_refuses_a_taken_email(
        self, accounts: AccountRepository, clock: FakeClock
    ) -> None:
        await insert(accounts, clock, "ann")
        with pytest.raises(DuplicateKeyError):
            await insert(accounts, clock, "ann")

    async def test_returns_none_if_new_is_required_and_the_email_is_taken(
        self, accounts: AccountRepository, clock: FakeClock
    ) -> None:
        # Given
        account = await insert(accounts, clock, "ann")
        # When
        inserted = await accounts.insert_if_new(
            email="ann@shop.com", role=AccountRole.ADMIN, password_hash="new", now=clock.now
        )
        # Then
        assert inserted is None
        assert await stored(accounts, account) == account


class TestPage:
    async def test_returns_each_account_once_ordered_by_email(
        self, accounts: AccountRepository, clock: FakeClock
    ) -> None:
        # Given
        for name in "cab":
            await insert(accounts, clock, name)
        # When
        first, cursor = await accounts.page(limit=2, cursor=None)
        second, end = await accounts.page(limit=2, cursor=cursor)
        # Then
        assert [[account.email[0] for account in page] for page in (first, second)] == [
            ["a", "b"],
            ["c"],
        ]
        assert end is None

    async def test_refuses_an_invalid_cursor(self, accounts: AccountRepository) -> None:
        with pytest.raises(InvalidCursorError):
            await accounts.page(limit=2, cursor="x")


class TestRecordLogin:
    async def test_stores_the_hash_and_the_newest_time_of_issue(
        self, accounts: AccountRepository, clock: FakeClock
    ) -> None:
        # Given
        account = await insert(accounts, clock, "ann")
        await accounts.record_token(account, iat=5, session=None)
        # When
        unchanged = await accounts.record_login(account, password_hash="new", iat=4, session=None)
        # Then
        found = await stored(accounts, account)
        assert unchanged is True
        assert (found.password_hash, found.newest_iat) == ("new", 5)

    async def test_stores_nothing_if_the_password_has_changed(
        self, accounts: AccountRepository, clock: FakeClock
    ) -> None:
        # Given
        account = await insert(accounts, clock, "ann")
        await accounts.update_password(account, password_hash="other", least_iat=1, session=None)
        # When
        unchanged = await accounts.record_login(account, password_hash="new", iat=4, session=None)
        # Then
        found = await stored(accounts, account)
        assert unchanged is False
        assert (found.password_hash, found.newest_iat, found.least_iat) == ("other", 0, 1)


class TestUpdateRole:
    async def test_changes_the_role_and_who_is_an_admin(
        self, accounts: AccountRepository, clock: FakeClock
    ) -> None:
        # Given
        account = await insert(accounts, clock, "ann")
        root = await insert(accounts, clock, "root", AccountRole.ADMIN)
        assert not await accounts.has_other_admin(root, session=None)
        # When
        await accounts.update_role(account, role=AccountRole.ADMIN, least_iat=7, session=None)
        # Then
        found = await stored(accounts, account)
        assert (found.role, found.least_iat) == (AccountRole.ADMIN, 7)
        assert await accounts.has_other_admin(root, session=None)
