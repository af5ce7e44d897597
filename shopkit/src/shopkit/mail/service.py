"""Lets admins look at mails, and send parked ones again or discard them."""

from collections.abc import Sequence

from shopkit.clock import Clock
from shopkit.identity import Actor
from shopkit.mail.mails import Mails, MailStatus, StoredMail
from shopkit.storage.audit import AuditTrail
from shopkit.storage.mongo import Session
from shopkit.storage.unit_of_work import HTTP_SECONDS, Transactions, UnitOfWork


class MailNotFoundError(Exception):
    """The mail does not exist."""

    def __init__(self, mail_id: str) -> None:
        super().__init__(f"There is no mail {mail_id}.")
        self.mail_id = mail_id


class MailNotParkedError(Exception):
    """The mail does not wait for an admin."""

    def __init__(self, mail_id: str, status: MailStatus) -> None:
        super().__init__(f"The mail is {status}, so there is nothing to do.")
        self.mail_id = mail_id


class MailService:
    """Lists mails, and sends parked ones again or discards them."""

    def __init__(
        self, *, transactions: Transactions, mails: Mails, trail: AuditTrail, clock: Clock
    ) -> None:
        self._transactions = transactions
        self._mails = mails
        self._trail = trail
        self._clock = clock

    async def page(
        self, status: MailStatus | None, *, limit: int, cursor: str | None
    ) -> tuple[Sequence[StoredMail], str | None]:
        """Return a page of mails, newest first, and the cursor of the next page.

        Raises:
            shopkit.storage.keyset.InvalidCursorError: The cursor does not belong to this list.
        """
        return await self._mails.page(status, limit=limit, cursor=cursor)

    async def get(self, mail_id: str, *, session: Session = None) -> StoredMail:
        """Return a mail.

        Raises:
            MailNotFoundError: It does not exist.
        """
        mail = await self._mails.find_by_id(mail_id, session=session)
        if mail is None:
            raise MailNotFoundError(mail_id)
        return mail

    async def send_again(self, mail_id: str, actor: Actor) -> StoredMail:
        """Let a parked mail be sent again, for two days if that fails.

        Raises:
            MailNotFoundError: It does not exist.
            MailNotParkedError: It is not parked.
        """

        async def work(unit: UnitOfWork) -> StoredMail:
            before = await self._require_parked(mail_id, unit)
            await self._mails.send_again(mail_id, session=unit.session)
            return await self._audit("mail: send again", before, actor, unit, "")

        return await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def discard(self, mail_id: str, actor: Actor, reason: str) -> StoredMail:
        """Discard a parked mail and its data, and store the reason.

        Raises:
            MailNotFoundError: It does not exist.
            MailNotParkedError: It is not parked.
        """

        async def work(unit: UnitOfWork) -> StoredMail:
            before = await self._require_parked(mail_id, unit)
            await self._mails.discard(mail_id, session=unit.session)
            return await self._audit("mail: discard", before, actor, unit, reason)

        return await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def _require_parked(self, mail_id: str, unit: UnitOfWork) -> StoredMail:
        mail = await self.get(mail_id, session=unit.session)
        if mail.status is not MailStatus.PARKED:
            raise MailNotParkedError(mail_id, mail.status)
        return mail

    async def _audit(
        self, action: str, before: StoredMail, actor: Actor, unit: UnitOfWork, reason: str
    ) -> StoredMail:
        mail_id = before.mail.id
        after = await self.get(mail_id, session=unit.session)
        detail = {"detail": reason} if reason else {}
        await self._trail.add(
            actor=actor,
            action=action,
            subject=mail_id,
            before={"status": before.status},
            after={"status": after.status, **detail},
            at=self._clock(),
            session=unit.session,
        )
        return after
