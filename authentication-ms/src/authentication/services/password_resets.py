"""Lets people who forgot their password choose a new one.

Neither the response to a request nor its time shows whether there is an account: a request stores
the address, and a loop looks for the account.
"""

from authentication.errors import LinkUsedError
from authentication.models import mails
from authentication.models.account import Account
from authentication.models.email_address import normalize
from authentication.models.mail_link import LinkKind
from authentication.repositories.accounts import AccountRepository
from authentication.repositories.reset_requests import ResetRequestRepository
from authentication.services.access import AccessService
from authentication.services.mail_links import MailLinkService
from authentication.services.passwords import PasswordHasher
from authentication.services.throttle import MAIL_WINDOW, Throttle
from shopkit.clock import Clock
from shopkit.identity import Identity
from shopkit.storage.audit import AuditTrail
from shopkit.storage.unit_of_work import HTTP_SECONDS, Transactions, UnitOfWork

PASSWORD_RESET = "password-reset"  # noqa: S105 - the name of an action.


class PasswordResetService:
    """Sends links to reset a password, and resets it.

    Args:
        mails_per_account: How many links an account gets in an hour. Further requests are ignored,
            and nothing shows that.
    """

    def __init__(
        self,
        *,
        transactions: Transactions,
        accounts: AccountRepository,
        requests: ResetRequestRepository,
        links: MailLinkService,
        access: AccessService,
        hasher: PasswordHasher,
        throttle: Throttle,
        trail: AuditTrail,
        mails_per_account: int,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._accounts = accounts
        self._requests = requests
        self._links = links
        self._access = access
        self._hasher = hasher
        self._throttle = throttle
        self._trail = trail
        self._mails_per_account = mails_per_account
        self._clock = clock

    async def request(self, email: str) -> None:
        """Store that someone wants to reset the password of the account with an address.

        Args:
            email: The normalized email address.

        Raises:
            MailOffError: The shop sends no mail.
        """
        self._links.require_mail()
        await self._requests.add(email, now=self._clock())

    async def answer_requests(self) -> None:
        """Send links to the accounts for which someone wants to reset the password."""
        while email := await self._requests.find_oldest():
            await self._answer(email)

    async def _answer(self, email: str) -> None:
        async def work(unit: UnitOfWork) -> None:
            if not await self._requests.remove(email, session=unit.session):
                return
            account = await self._accounts.find_by_email(email, session=unit.session)
            now = self._clock()
            if account is None:
                return
            since = now - MAIL_WINDOW
            sent = await self._links.count_since(account, LinkKind.PASSWORD_RESET, since, unit)
            if sent < self._mails_per_account:
                await self._links.request(
                    LinkKind.PASSWORD_RESET, account, account.shown_email, now=now, unit=unit
                )

        await self._transactions.run(work)

    async def confirm(self, token: str, password: str, *, address: str) -> None:
        """Replace the password, and end all sessions of the account.

        Args:
            token: The token.
            password: The new password.
            address: The client's IP address, from which the owner can log in at once.

        Raises:
            UnknownLinkError: No mail contained the token.
            LinkUsedError: The link was used or replaced.
            LinkExpiredError: The link is too old.
            PasswordsBusyError: Too many passwords are waiting to be hashed.
        """
        # Checked first, so that nobody can make the service hash passwords without a token.
        await self._links.open(token, LinkKind.PASSWORD_RESET)
        password_hash = await self._hasher.hash(password)

        async def work(unit: UnitOfWork) -> Account:
            now = self._clock()
            account = await self._account_of(token, unit)
            before = account.revocation_iat(now)
            await self._links.close(account, LinkKind.PASSWORD_RESET, now=now, unit=unit)
            await self._accounts.replace_password(
                account, password_hash=password_hash, least_iat=before, session=unit.session
            )
            await self._access.end_sessions(account, before=before, now=now, unit=unit)
            unit.mail(mails.password_changed(account, now))
            await self._trail.add(
                actor=Identity(account_id=str(account.id), email=account.email),
                action=PASSWORD_RESET,
                subject=account.email,
                subject_id=str(account.id),
                before=None,
                after=None,
                at=now,
                session=unit.session,
            )
            return account

        account = await self._transactions.run(work, seconds=HTTP_SECONDS)
        await self._throttle.forgive(address, account.email)

    async def _account_of(self, token: str, unit: UnitOfWork) -> Account:
        link = await self._links.open(token, LinkKind.PASSWORD_RESET, session=unit.session)
        account = await self._accounts.find_by_id(link.account_id, session=unit.session)
        if account is None or account.email != normalize(link.email):
            raise LinkUsedError(link.id)
        return account
