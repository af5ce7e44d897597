"""The mail of a service: what stores it, the loops that send it, and what admins use."""

from collections.abc import Mapping

import structlog

from shopkit.clock import Clock
from shopkit.loops import Loop, every, skip_temporary_errors
from shopkit.mail.mails import Mails
from shopkit.mail.sender import MEASURE_SECONDS, SEND_SECONDS, CreateLink, MailSender
from shopkit.mail.smtp import SmtpTransport
from shopkit.mail.templates import Templates
from shopkit.settings import MailSettings
from shopkit.storage.mongo import Database, is_temporary

log = structlog.get_logger(__name__)


def mail_store(settings: MailSettings, database: Database, clock: Clock) -> Mails | None:
    """Return the store for the mails of transactions, or None if the shop sends no mail.

    Args:
        settings: The settings.
        database: The database.
        clock: The database's clock.
    """
    return Mails(database, clock) if settings.sends_mail else None


def mail_loops(
    settings: MailSettings,
    package: str,
    mails: Mails | None,
    *,
    links: Mapping[str, CreateLink],
    clock: Clock,
) -> dict[str, Loop]:
    """Return the loops that send mails, none if the shop sends no mail.

    Args:
        settings: The settings.
        package: The package with the templates.
        mails: The stored mails, as `mail_store` returns them.
        links: Creates the links of mails, by the name of the template.
        clock: The database's clock.
    """
    if mails is None:
        if not settings.development:
            log.warning("MAIL=off: nobody gets mail")
        return {}
    templates = Templates(
        package, shop_address=settings.shop_address, currency=settings.shop_currency
    )
    sender = MailSender(mails, SmtpTransport(settings), templates, links=links, clock=clock)
    return {
        "mail": every(SEND_SECONDS, skip_temporary_errors(sender.send_due, is_temporary)),
        "mail metrics": every(MEASURE_SECONDS, skip_temporary_errors(sender.measure, is_temporary)),
    }
