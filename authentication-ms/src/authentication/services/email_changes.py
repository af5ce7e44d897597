"""Lets shoppers change their email address, and undo a change that someone else made.

The new address must be confirmed. The old one is told, and can get the account back for a week.
"""

import secrets
from dataclasses import replace
from datetime import datetime

from bson import ObjectId

from authentication.errors import (
    CallerDeletedError,
    EmailInUseError,
    EmailUnchangedError,
    LinkUsedError,
    WrongCurrentPasswordError,
)
from authentication.models.account import Account
from authentication.models.email_address import normalize
from authentication.models.mail_link import LIFETIMES, LinkKind, MailLink
from authentication.repositories.accounts import AccountRepository
from authentication.repositories.reserved_emails import ReservedEmailRepository
from authentication.services.access import AccessService
from authentication.services.mail_links import MailLinkService
from authentication.services.passwords import PasswordHasher
from authentication.services.revocations import RevocationService
from authentication.services.throttle import Throttle
from shopkit.clock import Clock
from shopkit.identity import Identity
from shopkit.storage.audit import AuditTrail
from shopkit.storage.unit_of_work import HTTP_SECONDS, Transactions, UnitOfWork

EMAIL_CHANGED = "email-changed"
EMAIL_CHANGE_UNDONE = "email-change-undone"


class EmailChangeService:
    """Requests, confirms and undoes changes of email addresses."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        accounts: AccountRepository,
        reserved: ReservedEmailRepository,
        links: MailLinkService,
        access: AccessService,
        revocations: RevocationService,
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
        self._revocations = revocations
        self._hasher = hasher
        self._throttle = throttle
        self._trail = trail
        self._clock = clock

    async def request(self, caller: Identity, email: str, password: str) -> None:
        """Send a link to the new address. It replaces an earlier link.

        Nothing shows whether another account has the address. That is checked when the link is
        used.

        Args:
            caller: The caller.
            email: The new address, as it was typed.
            password: The caller's password.

        Raises:
            MailOffError: The shop sends no mail.
            WrongCurrentPasswordError: The password is wrong.
            EmailUnchangedError: The account has this address.
            CallerDeletedError: The account was deleted.
            TooManyAttemptsError: The address failed too often, or the caller requested too many
                links.
            PasswordsBusyError: Too many passwords are waiting to be checked.
        """
        self._links.require_mail()
        account = await self._accounts.find_by_id(ObjectId(caller.account_id))
        if account is None:
            raise CallerDeletedError(caller.account_id)
        async with self._throttle.attempt(caller.client_address, account.email):
            if not await self._hasher.matches(password, account):
                raise WrongCurrentPasswordError(str(account.id), "password")
        if normalize(email) == account.email:
            raise EmailUnchangedError(email)
        kind = LinkKind.EMAIL_CHANGE
        await self._throttle.count_mail(kind, caller.account_id)

        async def work(unit: UnitOfWork) -> None:
            now = self._clock()
            await self._links.close(account, kind, now=now, unit=unit)
            await self._links.request(kind, account, email, now=now, unit=unit)

        await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def confirm(self, token: str) -> None:
        """Change the address, tell the old one, and reserve it for as long as that can be undone.

        Raises:
            UnknownLinkError: No mail contained the token.
            LinkUsedError: The link was used or replaced.
            LinkExpiredError: The link is too old.
            EmailInUseError: Another account has the address by now, or may get it back.
        """

        async def work(unit: UnitOfWork) -> None:
            link = await self._links.open(token, LinkKind.EMAIL_CHANGE, session=unit.session)
            account, now = await self._account_of(link, unit), self._clock()
            await self._require_free(link.email, account, now, unit)
            await self._links.close(
                account,
                LinkKind.EMAIL_CHANGE,
                LinkKind.EMAIL_VERIFICATION,
                LinkKind.PASSWORD_RESET,
                now=now,
                unit=unit,
            )
            # The access tokens contain the old address. The sessions get new ones.
            before = account.revocation_iat(now)
            await self._accounts.update_email(
                account, link.email, least_iat=before, session=unit.session
            )
            await self._revocations.revoke_account(account, before=before, now=now, unit=unit)
            undo = LinkKind.EMAIL_CHANGE_UNDO
            await self._reserved.reserve(
                account.email, account.id, until=now + LIFETIMES[undo], session=unit.session
            )
            await self._links.request(undo, account, account.shown_email, now=now, unit=unit)
            await self._audit(EMAIL_CHANGED, account, normalize(link.email), now, unit)

        await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def undo(self, token: str) -> None:
        """Give the account its old address back, end its sessions, and force a new password.

        Raises:
            UnknownLinkError: No mail contained the token.
            LinkUsedError: The link was used or replaced.
            LinkExpiredError: The link is too old.
            EmailInUseError: Another account has the address.
            PasswordsBusyError: Too many passwords are waiting to be hashed.
        """
        # Checked first, so that nobody can make the service hash passwords without a token.
        await self._links.open(token, LinkKind.EMAIL_CHANGE_UNDO)
        # Whoever changed the address knew the password, so it no longer works.
        unknown_password = await self._hasher.hash(secrets.token_urlsafe(32))

        async def work(unit: UnitOfWork) -> None:
            link = await self._links.open(token, LinkKind.EMAIL_CHANGE_UNDO, session=unit.session)
            account, now = await self._account_of(link, unit), self._clock()
            await self._require_free(link.email, account, now, unit)
            await self._links.close(account, *LinkKind, now=now, unit=unit)
            before = account.revocation_iat(now)
            await self._accounts.update_email(
                account, link.email, least_iat=before, session=unit.session
            )
            await self._accounts.replace_password(
                account, password_hash=unknown_password, least_iat=before, session=unit.session
            )
            await self._access.end_sessions(account, before=before, now=now, unit=unit)
            await self._reserved.release_all(account.id, session=unit.session)
            owner = replace(account, email=normalize(link.email), shown_email=link.email)
            await self._links.request(
                LinkKind.PASSWORD_RESET, owner, link.email, now=now, unit=unit
            )
            await self._audit(EMAIL_CHANGE_UNDONE, account, owner.email, now, unit)

        await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def _account_of(self, link: MailLink, unit: UnitOfWork) -> Account:
        account = await self._accounts.find_by_id(link.account_id, session=unit.session)
        if account is None:
            raise LinkUsedError(link.id)
        return account

    async def _require_free(
        self, email: str, account: Account, now: datetime, unit: UnitOfWork
    ) -> None:
        normalized = normalize(email)
        other = await self._accounts.find_by_email(normalized, session=unit.session)
        if (other and other.id != account.id) or await self._reserved.is_reserved(
            normalized, now=now, session=unit.session, except_account=account.id
        ):
            raise EmailInUseError(email)

    async def _audit(
        self, action: str, account: Account, email: str, now: datetime, unit: UnitOfWork
    ) -> None:
        await self._trail.add(
            actor=Identity(account_id=str(account.id), email=account.email),
            action=action,
            subject=account.email,
            subject_id=str(account.id),
            before={"email": account.email},
            after={"email": email},
            at=now,
            session=unit.session,
        )
