"""The address book of a shopper: at most 20 addresses, of which one is the default."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bson import ObjectId

from authentication.errors import (
    AddressNotFoundError,
    CallerDeletedError,
    TooManyAddressesError,
)
from authentication.models.address import ADDRESS_LIMIT, StoredAddress
from authentication.repositories.accounts import AccountRepository
from authentication.repositories.addresses import AddressRepository
from shopkit.addresses import Address
from shopkit.identity import Identity
from shopkit.storage.unit_of_work import HTTP_SECONDS, Transactions, UnitOfWork


class AddressService:
    """Lists, adds, changes and deletes addresses.

    All changes write the account, so that two at the same moment cannot store too many addresses,
    or two defaults.
    """

    def __init__(
        self,
        *,
        transactions: Transactions,
        accounts: AccountRepository,
        addresses: AddressRepository,
    ) -> None:
        self._transactions = transactions
        self._accounts = accounts
        self._addresses = addresses

    async def find_all(self, caller: Identity) -> list[StoredAddress]:
        """Return the caller's addresses, oldest first."""
        return await self._addresses.find_all(ObjectId(caller.account_id))

    async def add(self, caller: Identity, address: Address, *, is_default: bool) -> StoredAddress:
        """Add an address. The first one is the default.

        Raises:
            AddressRefusedError: The address cannot exist in its country.
            TooManyAddressesError: The caller has 20 addresses.
            CallerDeletedError: The account was deleted.
        """
        normalized = address.normalized()

        async def work(unit: UnitOfWork) -> StoredAddress:
            account_id, known = await self._lock(caller, unit)
            if len(known) >= ADDRESS_LIMIT:
                raise TooManyAddressesError(ADDRESS_LIMIT)
            stored = await self._addresses.insert(
                account_id,
                normalized,
                is_default=is_default or not known,
                session=unit.session,
            )
            if stored.is_default:
                await self._addresses.set_default(account_id, stored.id, session=unit.session)
            return stored

        return await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def change(
        self, caller: Identity, address_id: str, changes: Mapping[str, Any], *, make_default: bool
    ) -> StoredAddress:
        """Change fields of an address.

        Args:
            caller: The caller.
            address_id: The id of the address.
            changes: The new values, by field.
            make_default: Whether to make it the default. Choose another default to end that.

        Raises:
            AddressNotFoundError: The caller has no such address.
            AddressRefusedError: The address cannot exist in its country.
            CallerDeletedError: The account was deleted.
        """

        async def work(unit: UnitOfWork) -> StoredAddress:
            account_id, known = await self._lock(caller, unit)
            before = _find(known, address_id)
            after = StoredAddress(
                before.id,
                replace(before.address, **changes).normalized(),
                before.is_default or make_default,
            )
            await self._addresses.update(account_id, after, session=unit.session)
            if make_default:
                await self._addresses.set_default(account_id, after.id, session=unit.session)
            return after

        return await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def delete(self, caller: Identity, address_id: str) -> None:
        """Delete an address. If it was the default, the oldest of the others becomes it.

        Raises:
            AddressNotFoundError: The caller has no such address.
            CallerDeletedError: The account was deleted.
        """

        async def work(unit: UnitOfWork) -> None:
            account_id, known = await self._lock(caller, unit)
            deleted = _find(known, address_id)
            await self._addresses.delete(account_id, deleted.id, session=unit.session)
            others = [stored for stored in known if stored is not deleted]
            if deleted.is_default and others:
                await self._addresses.set_default(account_id, others[0].id, session=unit.session)

        await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def _lock(
        self, caller: Identity, unit: UnitOfWork
    ) -> tuple[ObjectId, list[StoredAddress]]:
        account_id = ObjectId(caller.account_id)
        if not await self._accounts.lock(account_id, session=unit.session):
            raise CallerDeletedError(caller.account_id)
        return account_id, await self._addresses.find_all(account_id, session=unit.session)


def _find(known: list[StoredAddress], address_id: str) -> StoredAddress:
    found = next((stored for stored in known if str(stored.id) == address_id), None)
    if found is None:
        raise AddressNotFoundError(address_id)
    return found
