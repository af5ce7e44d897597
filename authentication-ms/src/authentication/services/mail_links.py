"""Requests links in mails, and opens them by their tokens."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from authentication.errors import MailOffError, UnknownLinkError
from authentication.models.account import Account
from authentication.models.login_session import digest
from authentication.models.mail_link import LIFETIMES, PAGES, LinkKind, MailLink
from authentication.models.mails import mail_with_link
from authentication.repositories.mail_links import MailLinkRepository
from shopkit.clock import Clock
from shopkit.mail.sender import CreateLink, DeadLinkError
from shopkit.storage.mongo import Session
from shopkit.storage.unit_of_work import Mail, UnitOfWork


class MailLinkService:
    """Requests and opens links.

    Args:
        links: The stored links.
        shop_address: The address of the shop, with which links begin.
        sends_mail: Whether the shop sends mail.
        clock: The time.
    """

    def __init__(
        self, links: MailLinkRepository, *, shop_address: str, sends_mail: bool, clock: Clock
    ) -> None:
        self._links = links
        self._shop_address = shop_address
        self._sends_mail = sends_mail
        self._clock = clock

    @property
    def creators(self) -> Mapping[str, CreateLink]:
        """What creates the links of mails, by template."""
        return dict.fromkeys(LinkKind, self.create_url)

    @property
    def sends_mail(self) -> bool:
        """Whether the shop sends mail."""
        return self._sends_mail

    def require_mail(self) -> None:
        """Check that the shop sends mail.

        Raises:
            MailOffError: It does not.
        """
        if not self._sends_mail:
            raise MailOffError

    async def request(
        self, kind: LinkKind, account: Account, email: str, *, now: datetime, unit: UnitOfWork
    ) -> None:
        """Send a link to an address, if the transaction is committed.

        Args:
            kind: What the link confirms.
            account: The account.
            email: The address.
            now: The time.
            unit: The unit of work.
        """
        link = MailLink(
            id=secrets.token_hex(16),
            kind=kind,
            account_id=account.id,
            email=email,
            created_at=now,
            expires_at=now + LIFETIMES[kind],
        )
        await self._links.insert(link, session=unit.session)
        unit.mail(mail_with_link(link))

    async def create_url(self, mail: Mail) -> str:
        """Return the address of a link, with a new token in its fragment.

        Browsers do not send the fragment to servers, so the token is in no log and no referrer.

        Raises:
            shopkit.mail.sender.DeadLinkError: The link can no longer be used.
        """
        token = secrets.token_urlsafe(32)
        usable = await self._links.add_token(mail.data["link_id"], digest(token), now=self._clock())
        if not usable:
            raise DeadLinkError
        return f"{self._shop_address}{PAGES[LinkKind(mail.template)]}#token={token}"

    async def find(self, token: str, kind: LinkKind, *, session: Session = None) -> MailLink:
        """Return the link of a token, usable or not.

        Raises:
            UnknownLinkError: No mail of this kind contained the token.
        """
        link = await self._links.find_by_token(digest(token), kind, session=session)
        if link is None:
            raise UnknownLinkError
        return link

    async def open(self, token: str, kind: LinkKind, *, session: Session = None) -> MailLink:
        """Return the link of a token, which can be used.

        Raises:
            UnknownLinkError: No mail of this kind contained the token.
            LinkUsedError: The link was used or replaced.
            LinkExpiredError: The link is too old.
        """
        link = await self.find(token, kind, session=session)
        link.require_usable(self._clock())
        return link

    async def find_usable(self, account: Account, kind: LinkKind) -> MailLink | None:
        """Return the newest link of a kind of an account that can be used."""
        return await self._links.find_usable(account.id, kind, now=self._clock())

    async def close(
        self, account: Account, *kinds: LinkKind, now: datetime, unit: UnitOfWork
    ) -> None:
        """Close all links of some kinds of an account."""
        await self._links.close(account.id, kinds, now=now, session=unit.session)

    async def count_since(
        self, account: Account, kind: LinkKind, since: datetime, unit: UnitOfWork
    ) -> int:
        """Return how many links an account has requested since a time."""
        return await self._links.count_since(account.id, kind, since, session=unit.session)
