"""Finds the accounts of orders that earlier releases stored with an email address only."""

from collections.abc import Collection
from typing import Protocol

from orders.models.order import Owner
from orders.repositories.orders import OrderRepository
from shopkit.contract.internal import PAGE
from shopkit.identity import correct_misread


class Accounts(Protocol):
    """Finds accounts."""

    async def find_ids(self, emails: Collection[str]) -> dict[str, str]:
        """Return the ids of the accounts that exist, by normalized email address."""
        ...


class OwnerService:
    """Adds account ids to orders, page by page.

    It continues where it stopped, and two replicas may run it at the same time. A replica of the
    previous release may still store orders without an account, so it has to run again and again.
    """

    def __init__(self, orders: OrderRepository, accounts: Accounts) -> None:
        self._orders = orders
        self._accounts = accounts

    async def add_accounts(self) -> None:
        """Add the accounts of all orders that have none, and correct their email addresses."""
        while emails := await self._orders.find_without_account(PAGE):
            corrected = {order_id: correct_misread(email) for order_id, email in emails.items()}
            accounts = await self._accounts.find_ids(set(corrected.values()))
            await self._orders.set_accounts(
                {
                    order_id: Owner(accounts[email], email) if email in accounts else None
                    for order_id, email in corrected.items()
                }
            )
