"""Lets admins list accounts and change roles."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from bson import ObjectId

from authentication.errors import LastAdminError, UserNotFoundError
from authentication.models.account import Account, AccountRole, leaves_no_admin
from authentication.models.email_address import normalize
from authentication.repositories.accounts import AccountRepository
from authentication.services.revocations import RevocationService
from shopkit.clock import Clock
from shopkit.identity import Actor
from shopkit.security_events import SecurityEvent
from shopkit.storage.audit import AuditTrail
from shopkit.storage.unit_of_work import HTTP_SECONDS, Transactions, UnitOfWork

ROLE_CHANGED = "role-changed"
ADMIN_CREATED = "admin-created"
KEYS_CHUNK = 200
"""How many accounts get their missing keys at a time."""


class AdministrationService:
    """Lists accounts, changes roles and creates admins."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        accounts: AccountRepository,
        revocations: RevocationService,
        trail: AuditTrail,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._accounts = accounts
        self._revocations = revocations
        self._trail = trail
        self._clock = clock

    async def page(
        self, *, limit: int, cursor: str | None, beginning: str | None = None
    ) -> tuple[list[Account], str | None]:
        """Return a page of accounts, ordered by email address, and the cursor of the next page.

        Args:
            limit: The maximum number of accounts.
            cursor: The cursor of the page before, or None for the first page.
            beginning: The beginning of the email address, or of its domain. None for all accounts.

        Raises:
            shopkit.storage.keyset.InvalidCursorError: The cursor does not belong to this list.
        """
        return await self._accounts.page(limit=limit, cursor=cursor, beginning=beginning)

    async def get(self, account_id: str) -> Account:
        """Return an account.

        Raises:
            UserNotFoundError: It does not exist.
        """
        account = await self._accounts.find_by_id(ObjectId(account_id))
        if account is None:
            raise UserNotFoundError(account_id)
        return account

    async def add_missing_keys(self) -> None:
        """Add keys of addresses to accounts that a replica of the previous release stored."""
        while await self._accounts.add_missing_keys(KEYS_CHUNK):
            pass

    async def find(self, email: str) -> Account | None:
        """Return the account with this email address."""
        return await self._accounts.find_by_email(normalize(email))

    async def find_ids(self, emails: Collection[str]) -> dict[str, str]:
        """Return the ids of the accounts with these normalized email addresses, by address."""
        return await self._accounts.find_ids(emails)

    async def change_role(self, account_id: str, role: AccountRole, *, actor: Actor) -> Account:
        """Change the role of an account.

        Its access tokens are revoked. Its sessions continue with the new role.

        Raises:
            UserNotFoundError: The account does not exist.
            LastAdminError: The change would leave the shop without an admin.
        """

        async def work(unit: UnitOfWork) -> Account:
            account = await self._accounts.find_by_id(ObjectId(account_id), session=unit.session)
            if account is None:
                raise UserNotFoundError(account_id)
            return await self._set_role(account, role, actor, unit)

        return await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def create_admin(self, email: str, password_hash: str, *, actor: Actor) -> Account:
        """Create the account of an admin. If the account exists by now, make its owner an admin."""

        async def work(unit: UnitOfWork) -> Account:
            existing = await self._accounts.find_by_email(normalize(email), session=unit.session)
            if existing:
                return await self._set_role(existing, AccountRole.ADMIN, actor, unit)
            now = self._clock()
            account = await self._accounts.insert(
                email=email,
                role=AccountRole.ADMIN,
                password_hash=password_hash,
                now=now,
                session=unit.session,
            )
            await self._audit(ADMIN_CREATED, None, account, actor=actor, at=now, unit=unit)
            return account

        return await self._transactions.run(work)

    async def _set_role(
        self, account: Account, role: AccountRole, actor: Actor, unit: UnitOfWork
    ) -> Account:
        if account.role is role:
            return account
        await self._accounts.lock_admins(session=unit.session)
        has_other_admin = await self._accounts.has_other_admin(account, session=unit.session)
        if leaves_no_admin(account, role, has_other_admin=has_other_admin):
            raise LastAdminError(account.email)
        now = self._clock()
        before = account.revocation_iat(now)
        await self._accounts.update_role(account, role=role, least_iat=before, session=unit.session)
        await self._revocations.revoke_account(account, before=before, now=now, unit=unit)
        changed = replace(account, role=role)
        await self._audit(ROLE_CHANGED, account, changed, actor=actor, at=now, unit=unit)
        return changed

    async def _audit(
        self,
        action: str,
        before: Account | None,
        after: Account,
        *,
        actor: Actor,
        at: datetime,
        unit: UnitOfWork,
    ) -> None:
        await self._trail.add(
            actor=actor,
            action=action,
            subject=after.email,
            subject_id=str(after.id),
            before={"role": before.role.value} if before else None,
            after={"role": after.role.value},
            at=at,
            session=unit.session,
        )
        unit.report(SecurityEvent.ROLE_CHANGED, account_id=str(after.id))
