"""Lets shoppers register, read and change their account, and change their password."""

from collections.abc import Mapping
from datetime import datetime

from bson import ObjectId

from authentication.errors import CallerDeletedError, EmailTakenError, WrongCurrentPasswordError
from authentication.models import mails
from authentication.models.account import Account, AccountRole, Profile
from authentication.models.email_address import normalize
from authentication.models.mail_link import LinkKind
from authentication.repositories.accounts import AccountRepository
from authentication.repositories.reserved_emails import ReservedEmailRepository
from authentication.services.access import AccessService
from authentication.services.mail_links import MailLinkService
from authentication.services.passwords import PasswordHasher
from authentication.services.throttle import Throttle
from shopkit.clock import Clock
from shopkit.identity import Identity
from shopkit.storage.audit import AuditTrail
from shopkit.storage.unit_of_work import HTTP_SECONDS, Transactions, UnitOfWork

PASSWORD_CHANGED = "password-changed"  # noqa: S105 - the name of an action.


class AccountService:
    """Registers accounts, and changes names and passwords."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        accounts: AccountRepository,
        reserved: ReservedEmailRepository,
        links: MailLinkService,
        access: AccessService,
        hasher: PasswordHasher,
        throttle: Throttle,
        trail: AuditTrail,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._accounts = accounts
        self._reserved = reserved
        self._links = links
        self._access = access
        self._hasher = hasher
        self._throttle = throttle
        self._trail = trail
        self._clock = clock

    @property
    def sends_mail(self) -> bool:
        """Whether a new account gets a link that verifies its address."""
        return self._links.sends_mail

    async def register(self, email: str, password: str, *, address: str) -> Account:
        """Create an account, and send a link that verifies its address.

        Args:
            email: The email address as it was typed.
            password: The password.
            address: The client's IP address, for the throttle.

        Raises:
            EmailTakenError: Another account has the email address.
            TooManyAttemptsError: The address registered too many accounts.
            PasswordsBusyError: Too many passwords are waiting to be hashed.
        """
        await self._throttle.count_registration(address)
        password_hash = await self._hasher.hash(password)

        async def work(unit: UnitOfWork) -> Account:
            now, normalized = self._clock(), normalize(email)
            if await self._accounts.find_by_email(
                normalized, session=unit.session
            ) or await self._reserved.is_reserved(normalized, now=now, session=unit.session):
                raise EmailTakenError(email)
            account = await self._accounts.insert(
                email=email,
                role=AccountRole.USER,
                password_hash=password_hash,
                now=now,
                session=unit.session,
            )
            await self._links.request(
                LinkKind.EMAIL_VERIFICATION, account, email, now=now, unit=unit
            )
            return account

        return await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def get(self, account_id: str) -> Account:
        """Return the caller's account.

        Raises:
            CallerDeletedError: The account was deleted.
        """
        account = await self._accounts.find_by_id(ObjectId(account_id))
        if account is None:
            raise CallerDeletedError(account_id)
        return account

    async def get_profile(self, account_id: str) -> Profile:
        """Return the caller's account, and the change of its email address that can be confirmed.

        Raises:
            CallerDeletedError: The account was deleted.
        """
        return await self._profile_of(await self.get(account_id))

    async def change_profile(self, account_id: str, changes: Mapping[str, str | None]) -> Profile:
        """Change the name or the locale of the caller.

        Raises:
            CallerDeletedError: The account was deleted.
        """
        account = await self._accounts.update_profile(ObjectId(account_id), changes)
        if account is None:
            raise CallerDeletedError(account_id)
        return await self._profile_of(account)

    async def change_password(self, caller: Identity, current: str, new: str) -> None:
        """Change the caller's password, and end all other sessions of the caller.

        Args:
            caller: The caller, whose log-in session continues.
            current: The current password.
            new: The new password.

        Raises:
            WrongCurrentPasswordError: The current password is wrong.
            CallerDeletedError: The account was deleted.
            TooManyAttemptsError: The address failed too often, altogether or for this account.
            PasswordsBusyError: Too many passwords are waiting to be hashed.
        """
        account = await self.get(caller.account_id)
        session_id = caller.session or None
        async with self._throttle.attempt(caller.client_address, account.email):
            if not await self._hasher.matches(current, account):
                raise WrongCurrentPasswordError(str(account.id))
            new_hash = await self._hasher.hash(new)

            async def work(unit: UnitOfWork) -> None:
                now = self._clock()
                stored = await self._accounts.find_by_id(account.id, session=unit.session)
                if stored is None:
                    raise WrongCurrentPasswordError(str(account.id))
                before = stored.revocation_iat(now)
                # Fails if the password has changed since it was checked.
                if not await self._accounts.update_password(
                    account, password_hash=new_hash, least_iat=before, session=unit.session
                ):
                    raise WrongCurrentPasswordError(str(account.id))
                await self._access.end_sessions(
                    account, before=before, except_session=session_id, now=now, unit=unit
                )
                await self._audit_password_change(caller, account, now, unit)
                unit.mail(mails.password_changed(account, now))

            await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def _profile_of(self, account: Account) -> Profile:
        return Profile(account, await self._links.find_usable(account, LinkKind.EMAIL_CHANGE))

    async def _audit_password_change(
        self, caller: Identity, account: Account, now: datetime, unit: UnitOfWork
    ) -> None:
        await self._trail.add(
            actor=caller,
            action=PASSWORD_CHANGED,
            subject=account.email,
            subject_id=caller.account_id,
            before=None,
            after=None,
            at=now,
            session=unit.session,
        )
