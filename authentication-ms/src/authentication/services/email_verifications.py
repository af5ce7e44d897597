"""Lets shoppers prove that they receive mail at their address."""

from bson import ObjectId

from authentication.errors import CallerDeletedError, ForeignLinkError, LinkUsedError
from authentication.models.email_address import normalize
from authentication.models.mail_link import LinkKind
from authentication.repositories.accounts import AccountRepository
from authentication.services.mail_links import MailLinkService
from authentication.services.throttle import Throttle
from shopkit.clock import Clock
from shopkit.identity import Identity
from shopkit.storage.unit_of_work import HTTP_SECONDS, Transactions, UnitOfWork


class EmailVerificationService:
    """Sends links to verify an address, and verifies it."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        accounts: AccountRepository,
        links: MailLinkService,
        throttle: Throttle,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._accounts = accounts
        self._links = links
        self._throttle = throttle
        self._clock = clock

    async def request(self, caller: Identity) -> None:
        """Send the caller another link. Nothing is sent if the address is verified.

        Raises:
            MailOffError: The shop sends no mail.
            CallerDeletedError: The account was deleted.
            TooManyAttemptsError: The caller requested too many links.
        """
        self._links.require_mail()
        kind = LinkKind.EMAIL_VERIFICATION

        async def work(unit: UnitOfWork) -> None:
            now = self._clock()
            account = await self._accounts.find_by_id(
                ObjectId(caller.account_id), session=unit.session
            )
            if account is None:
                raise CallerDeletedError(caller.account_id)
            if not account.verified:
                await self._links.request(kind, account, account.shown_email, now=now, unit=unit)

        await self._throttle.count_mail(kind, caller.account_id)
        await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def confirm(self, caller: Identity, token: str) -> None:
        """Verify the caller's address.

        The caller must own the account, so that nobody verifies an address by opening a link in a
        mail that someone else requested.

        Raises:
            UnknownLinkError: No mail contained the token.
            ForeignLinkError: The link belongs to another account.
            LinkUsedError: The link was used or replaced.
            LinkExpiredError: The link is too old.
        """

        async def work(unit: UnitOfWork) -> None:
            now = self._clock()
            link = await self._links.find(token, LinkKind.EMAIL_VERIFICATION, session=unit.session)
            if str(link.account_id) != caller.account_id:
                raise ForeignLinkError(link.id)
            link.require_usable(now)
            account = await self._accounts.find_by_id(link.account_id, session=unit.session)
            if account is None or account.email != normalize(link.email):
                raise LinkUsedError(link.id)
            await self._links.close(account, LinkKind.EMAIL_VERIFICATION, now=now, unit=unit)
            await self._accounts.set_verified(account, session=unit.session)

        await self._transactions.run(work, seconds=HTTP_SECONDS)
