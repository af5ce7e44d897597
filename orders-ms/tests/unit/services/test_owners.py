"""Whom an order belongs to: an account, or an email address as earlier releases stored it."""

from collections.abc import Awaitable, Callable, Collection

import pytest
from bson import ObjectId

from orders.dependencies import Services
from orders.errors import OrderNotFoundError
from orders.models.order import Order
from orders.models.query import OrderQuery
from orders.repositories.orders import OrderRepository
from orders.services import owners
from orders.services.owners import OwnerService
from shopkit.contract.events import ProductState
from shopkit.identity import Identity
from shopkit.storage.mongo import Database
from shopkit.testing.deliveries import state
from shopkit.testing.proofs import account_id_of, identity_of

Place = Callable[..., Awaitable[Order]]
Know = Callable[[ProductState], Awaitable[None]]

MULLER = "müller@exämple.com"
# This address, read as Latin-1, is how earlier releases stored the one above.
LOOKALIKE = MULLER.encode().decode("latin-1")


class FakeAccounts:
    """Knows some accounts, and records what was requested."""

    def __init__(self, *emails: str) -> None:
        self._emails = emails
        self.requests: list[set[str]] = []

    async def find_ids(self, emails: Collection[str]) -> dict[str, str]:
        self.requests.append(set(emails))
        return {email: account_id_of(email) for email in emails if email in self._emails}


@pytest.fixture(autouse=True)
async def products(know: Know) -> None:
    await know(state(1))


async def forget_account(database: Database, order: Order) -> None:
    """Store an order as earlier releases did."""
    await database["orders"].update_one(
        {"_id": ObjectId(order.id)},
        {
            "$set": {"client_email": order.email.encode().decode("latin-1")},
            "$unset": {"account_id": ""},
        },
    )


async def stored_owner(database: Database, order: Order) -> tuple[str | None, str]:
    row = await database["orders"].find_one({"_id": ObjectId(order.id)})
    assert row
    return row.get("account_id"), row["client_email"]


async def own_orders(services: Services, caller: Identity) -> list[str]:
    page, _ = await services.orders.page(OrderQuery(owner=caller), limit=20, cursor=None)
    return [order.id for order in page]


class TestOwner:
    @pytest.mark.parametrize(
        "email",
        [
            MULLER,
            LOOKALIKE,
            "用户@例え.テスト",
            "😀@shop.com",
            "ann+shop@shop.com",
            f"{'a' * 248}@b.com",
        ],
    )
    @pytest.mark.parametrize("is_old", [False, True])
    async def test_sees_the_order_and_nobody_else_does(
        self, services: Services, database: Database, place: Place, email: str, is_old: bool
    ) -> None:
        # Given
        order = await place({1: 1}, email=email)
        if is_old:
            await forget_account(database, order)
        # Then
        assert await own_orders(services, identity_of(email)) == [order.id]
        assert (await services.orders.get(order.id, identity_of(email))).id == order.id
        for other in {MULLER, LOOKALIKE, LOOKALIKE.encode().decode("latin-1")} - {email}:
            assert await own_orders(services, identity_of(other)) == []
            with pytest.raises(OrderNotFoundError):
                await services.orders.get(order.id, identity_of(other))

    async def test_is_the_account_even_if_the_email_is_that_of_another_one(
        self, services: Services, place: Place
    ) -> None:
        order = await place({1: 1}, email="ann@shop.com")
        stranger = Identity(account_id="b" * 24, email="ann@shop.com")
        assert await own_orders(services, stranger) == []
        with pytest.raises(OrderNotFoundError):
            await services.orders.get(order.id, stranger)


class TestAdminFilter:
    @pytest.mark.parametrize("is_old", [False, True])
    async def test_accepts_an_email_address(
        self, services: Services, database: Database, place: Place, is_old: bool
    ) -> None:
        # Given
        order = await place({1: 1}, email=MULLER)
        await place({1: 1}, email="ann@shop.com")
        if is_old:
            await forget_account(database, order)
        # When
        page, _ = await services.orders.page(OrderQuery(email=MULLER), limit=20, cursor=None)
        # Then
        assert [found.id for found in page] == [order.id]

    async def test_accepts_an_account_id(self, services: Services, place: Place) -> None:
        # Given
        order = await place({1: 1}, email=MULLER)
        await place({1: 1}, email="ann@shop.com")
        # When
        query = OrderQuery(email=account_id_of(MULLER))
        page, _ = await services.orders.page(query, limit=20, cursor=None)
        # Then
        assert [found.id for found in page] == [order.id]


class TestAddAccounts:
    async def test_adds_accounts_and_corrects_email_addresses(
        self, database: Database, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        monkeypatch.setattr(owners, "PAGE", 2)
        emails = ("ann@shop.com", MULLER, LOOKALIKE, "ann@shop.com", "😀@shop.com")
        orders = [await place({1: 1}, email=email) for email in emails]
        for order in orders:
            await forget_account(database, order)
        accounts = FakeAccounts(*emails)
        service = OwnerService(OrderRepository(database), accounts)
        # When
        await service.add_accounts()
        # Then
        for email, order in zip(emails, orders, strict=True):
            assert await stored_owner(database, order) == (account_id_of(email), email)
        assert all(len(request) <= 2 for request in accounts.requests)
        # When
        count = len(accounts.requests)
        await service.add_accounts()
        # Then
        assert len(accounts.requests) == count

    async def test_seeks_an_unknown_account_once_and_keeps_the_order_visible(
        self, services: Services, database: Database, place: Place
    ) -> None:
        # Given
        order = await place({1: 1}, email=MULLER)
        await forget_account(database, order)
        accounts = FakeAccounts()
        service = OwnerService(OrderRepository(database), accounts)
        # When
        for _ in range(2):
            await service.add_accounts()
        # Then
        assert accounts.requests == [{MULLER}]
        assert await stored_owner(database, order) == (None, LOOKALIKE)
        assert await own_orders(services, identity_of(MULLER)) == [order.id]

    async def test_continues_after_a_failure(self, database: Database, place: Place) -> None:
        # Given
        order = await place({1: 1}, email="ann@shop.com")
        await forget_account(database, order)

        class Unreachable(FakeAccounts):
            async def find_ids(self, emails: Collection[str]) -> dict[str, str]:
                raise ConnectionError

        with pytest.raises(ConnectionError):
            await OwnerService(OrderRepository(database), Unreachable()).add_accounts()
        # When
        accounts = FakeAccounts("ann@shop.com")
        await OwnerService(OrderRepository(database), accounts).add_accounts()
        # Then
        assert await stored_owner(database, order) == (
            account_id_of("ann@shop.com"),
            "ann@shop.com",
        )
