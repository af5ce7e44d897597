"""Accounts as their owners use them: registration, one's own data, one's password."""

from authentication.errors import EmailTakenError, UnknownCallerError, WrongCurrentPasswordError
from authentication.models.accounts import Account, AccountRole
from authentication.repositories.accounts import AccountRepository
from authentication.repositories.sessions import SessionRepository
from authentication.services.passwords import Passwords
from authentication.services.revocations import Revocations
from authentication.services.throttle import Throttle
from shopkit.clock import Clock
from shopkit.storage.audit import AuditTrail
from shopkit.storage.unit_of_work import HTTP_SECONDS, Transactions
from shopkit.storage.mongo import Session

PASSWORD_CHANGED = "password-changed"  # noqa: S105 - the name of an action.


class Accounts:
    """What an owner does with an account."""

    def __init__(
        self,
        accounts: AccountRepository,
        sessions: SessionRepository,
        *,
        passwords: Passwords,
        throttle: Throttle,
        revocations: Revocations,
        audit: AuditTrail,
        transactions: Transactions,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._passwords = passwords
        self._throttle = throttle
        self._revocations = revocations
        self._audit = audit
        self._transactions = transactions
        self._clock = clock

    async def register(self, email: str, password: str, *, address: str) -> Account:
        """Make an account of a user.

        Raises:
            EmailTakenError: There is one already.
            TooManyAttemptsError: The address made too many.
            PasswordsBusyError: Too many passwords wait to be hashed.
        """
        await self._throttle.register(address)
        password_hash = await self._passwords.hash(password)
        account = await self._accounts.add_if_free(
            email=email, role=AccountRole.USER, password_hash=password_hash, now=self._clock()
        )
        if account is None:
            raise EmailTakenError(email)
        return account

    async def get(self, email: str) -> Account:
        """Return the caller's account.

        Raises:
            UnknownCallerError: It is gone.
        """
        account = await self._accounts.find(email)
        if account is None:
            raise UnknownCallerError(email)
        return account

    async def change_password(
        self, email: str, current: str, new: str, *, kept_session: str | None, address: str
    ) -> None:
        """Replace the caller's password and end every other session.

        Args:
            email: The caller.
            current: The password to replace.
            new: The password from now on.
            kept_session: The caller's session.
            address: The client's, for the throttle.

        Raises:
            WrongCurrentPasswordError: The current password is another.
            UnknownCallerError: The account is gone.
            TooManyAttemptsError: The address, or it for this account, failed too often.
            PasswordsBusyError: Too many passwords wait to be checked.
        """
        account = await self.get(email)
        async with self._throttle.attempt(address, email):
            if not await self._passwords.matches(current, account):
                raise WrongCurrentPasswordError(email)
            new_hash = await self._passwords.hash(new)
            replaced = await self._transactions.run(
                lambda unit: self._replace(account, new_hash, kept_session, session=unit.session),
                seconds=HTTP_SECONDS,
            )
            if not replaced:
                raise WrongCurrentPasswordError(email)

    async def _replace(
        self, checked: Account, new_hash: str, kept_session: str | None, *, session: Session
    ) -> bool:
        now = self._clock()
        account = await self._accounts.find_by_id(checked.id, session=session)
        if account is None:
            return False
        before = account.revoking_iat(now)
        if not await self._accounts.replace_password(
            checked, password_hash=new_hash, least_iat=before, session=session
        ):
            return False
        await self._sessions.revoke_others(account.id, kept=kept_session, now=now, session=session)
        await self._revocations.end_tokens(
            account.email, before=before, kept=kept_session, now=now, session=session
        )
        await self._audit.add(
            actor=account.email,
            action=PASSWORD_CHANGED,
            subject=account.email,
            before=None,
            after=None,
            at=now,
            session=session,
        )
        return True
