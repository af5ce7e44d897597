"""Sends the stored mails, each at least once.

A failure that may be temporary is retried with growing pauses for two days. All other mails are
parked for an admin. Nothing is dropped.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Protocol

import structlog
from jinja2 import TemplateError
from prometheus_client import Counter, Gauge

from shopkit.clock import Clock
from shopkit.mail.mails import Mails, StoredMail
from shopkit.mail.smtp import Envelope, PermanentFailureError, TemporaryFailureError
from shopkit.mail.templates import Rendered, Templates
from shopkit.storage.unit_of_work import Mail

SEND_SECONDS = 1.0
"""How often to look for mails that are due."""
MEASURE_SECONDS = 10.0
CONNECTIONS = 4
"""How many mails a process sends at the same time."""
FIRST_PAUSE, MAX_PAUSE = timedelta(seconds=5), timedelta(hours=1)
RETRY_FOR = timedelta(days=2)
_MAX_DOUBLINGS = 10

SENT = Counter("mail_sent_total", "Mails that the SMTP server has accepted.", ["template"])
FAILED = Counter("mail_failures_total", "Attempts to send a mail that failed.")
WAITING = Gauge("mail_waiting", "Mails that are not sent yet, at most 10,000.")
OLDEST = Gauge("mail_oldest_waiting_seconds", "The age of the oldest mail that is not sent yet.")
PARKED = Gauge("mail_parked", "Mails that wait for an admin, at most 10,000.")

log = structlog.get_logger(__name__)


class DeadLinkError(Exception):
    """The link of a mail would no longer work, so the mail is not sent."""


CreateLink = Callable[[Mail], Awaitable[str]]
"""Creates the link of a mail when it is sent, so that no secret is stored before.

It raises `DeadLinkError` if the link would no longer work.
"""


class Transport(Protocol):
    """Sends mails."""

    async def send(self, envelope: Envelope, rendered: Rendered) -> None:
        """Send a mail, or raise why it was not accepted."""
        ...


class MailSender:
    """Sends mails that are due.

    Args:
        mails: The stored mails.
        transport: Sends a mail.
        templates: The templates of the service.
        links: Creates the links of mails, by the name of the template. The template gets the link
            as `link`.
        clock: The database's clock.
    """

    def __init__(
        self,
        mails: Mails,
        transport: Transport,
        templates: Templates,
        *,
        links: Mapping[str, CreateLink],
        clock: Clock,
    ) -> None:
        self._mails = mails
        self._transport = transport
        self._templates = templates
        self._links = links
        self._clock = clock

    async def send_due(self) -> None:
        """Send all mails that are due."""
        # One query is enough to see that no mail is due, as it is most of the time.
        if await self._send_next():
            await asyncio.gather(*(self._drain() for _ in range(CONNECTIONS)))

    async def measure(self) -> None:
        """Set the metrics."""
        backlog = await self._mails.measure()
        age = self._clock() - backlog.oldest if backlog.oldest else timedelta()
        WAITING.set(backlog.waiting)
        OLDEST.set(max(0.0, age.total_seconds()))
        PARKED.set(backlog.parked)

    async def _drain(self) -> None:
        while await self._send_next():
            pass

    async def _send_next(self) -> bool:
        stored = await self._mails.lease()
        if stored is None:
            return False
        await self._send(stored)
        return True

    async def _send(self, stored: StoredMail) -> None:
        mail = stored.mail
        try:
            rendered = await self._render(mail)
            await self._transport.send(Envelope(mail.id, mail.recipient, self._clock()), rendered)
        except DeadLinkError:
            await self._mails.mark_expired(mail.id)
        except TemporaryFailureError as error:
            await self._retry_or_park(stored, str(error))
        except PermanentFailureError as error:
            await self._park(stored, str(error))
        except TemplateError as error:
            # A fault of the release. An admin sends the mail again when it is corrected.
            log.exception("a mail cannot be rendered", template=mail.template)
            await self._park(stored, f"The mail cannot be rendered: {error}")
        else:
            await self._mails.mark_sent(mail.id)
            SENT.labels(mail.template).inc()

    async def _render(self, mail: Mail) -> Rendered:
        create_link = self._links.get(mail.template)
        link = {"link": await create_link(mail)} if create_link else {}
        return self._templates.render(mail.template, {**mail.data, **link})

    async def _retry_or_park(self, stored: StoredMail, reason: str) -> None:
        if self._clock() - stored.retry_since >= RETRY_FOR:
            await self._park(stored, reason)
            return
        FAILED.inc()
        log.warning("a mail waits", mail=stored.mail.id, attempts=stored.attempts + 1)
        await self._mails.postpone(stored.mail.id, pause_after(stored.attempts), reason)

    async def _park(self, stored: StoredMail, reason: str) -> None:
        FAILED.inc()
        log.warning("a mail is parked", mail=stored.mail.id, template=stored.mail.template)
        await self._mails.park(stored.mail.id, reason)


def pause_after(failures: int) -> timedelta:
    """Return how long to wait after an attempt failed.

    Args:
        failures: How many attempts failed before.
    """
    return min(FIRST_PAUSE * float(2 ** min(failures, _MAX_DOUBLINGS)), MAX_PAUSE)
