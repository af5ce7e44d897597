"""Accounts as admins see them: the list and the roles."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from authentication.errors import LastAdminError, UnknownUserError
from authentication.models.accounts import Account, AccountRole, leaves_no_admin
from authentication.repositories.accounts import AccountRepository
from authentication.services.revocations import Revocations
from shopkit.clock import Clock
from shopkit.storage.keyset import decode_cursor, encode_cursor
from shopkit.storage.audit import AuditTrail
from shopkit.storage.unit_of_work import HTTP_SECONDS, Transactions, UnitOfWork
from shopkit.storage.mongo import Session

ROLE_CHANGED = "role-changed"
ADMIN_CREATED = "admin-created"


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Some accounts, and the cursor of those after them."""

    accounts: Sequence[Account]
    next_cursor: str | None


class Administration:
    """What admins do with accounts."""

    def __init__(
        self,
        accounts: AccountRepository,
        *,
        revocations: Revocations,
        trail: AuditTrail,
        transactions: Transactions,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._revocations = revocations
        self._trail = trail
        self._transactions = transactions
        self._clock = clock

    async def list(self, *, limit: int, cursor: str | None) -> AccountPage:
        """Return accounts in the order of their e-mails.

        Raises:
            shopkit.storage.cursors.InvalidCursorError: The cursor is none of this list's.
        """
        after = decode_cursor(cursor, parts=1)[0] if cursor is not None else ""
        found = await self._accounts.page(after_email=after, limit=limit + 1)
        shown = found[:limit]
        more = len(found) > limit
        return AccountPage(shown, encode_cursor(shown[-1].email) if more else None)

    async def change_role(self, email: str, role: AccountRole, *, actor: str) -> Account:
        """Give an account a role; its access tokens end, its sessions go on with the new role.

        Raises:
            UnknownUserError: There is no such account.
            LastAdminError: It is the only admin's.
        """
        return await self._transactions.run(
            lambda unit: self._change_role(email, role, actor=actor, session=unit.session),
            seconds=HTTP_SECONDS,
        )

    async def create_admin(self, email: str, password_hash: str, *, actor: str) -> Account:
        """Make an account of an admin, or an admin of the account that has come meanwhile."""

        async def work(unit: UnitOfWork) -> Account:
            if await self._accounts.find(email, session=unit.session):
                return await self._change_role(
                    email, AccountRole.ADMIN, actor=actor, session=unit.session
                )
            return await self._add_admin(email, password_hash, actor=actor, session=unit.session)

        return await self._transactions.run(work)

    async def _change_role(
        self, email: str, role: AccountRole, *, actor: str, session: Session
    ) -> Account:
        account = await self._accounts.find(email, session=session)
        if account is None:
            raise UnknownUserError(email)
        if account.role is role:
            return account
        await self._accounts.guard_admins(session=session)
        if leaves_no_admin(account, role, await self._accounts.count_admins(session=session)):
            raise LastAdminError(email)
        return await self._replace_role(account, role, actor=actor, session=session)

    async def _replace_role(
        self, account: Account, role: AccountRole, *, actor: str, session: Session
    ) -> Account:
        now = self._clock()
        before = account.revoking_iat(now)
        await self._accounts.set_role(account, role=role, least_iat=before, session=session)
        await self._revocations.end_tokens(
            account.email, before=before, kept=None, now=now, session=session
        )
        await self._trail.add(
            actor=actor,
            action=ROLE_CHANGED,
            subject=account.email,
            before={"role": account.role.value},
            after={"role": role.value},
            at=now,
            session=session,
        )
        return replace(account, role=role)

    async def _add_admin(
        self, email: str, password_hash: str, *, actor: str, session: Session
    ) -> Account:
        now = self._clock()
        added = await self._accounts.add(
            email=email,
            role=AccountRole.ADMIN,
            password_hash=password_hash,
            now=now,
            session=session,
        )
        await self._trail.add(
            actor=actor,
            action=ADMIN_CREATED,
            subject=email,
            before=None,
            after={"role": AccountRole.ADMIN.value},
            at=now,
            session=session,
        )
        return added
