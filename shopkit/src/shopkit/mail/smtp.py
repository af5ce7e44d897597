"""Sends a mail to an SMTP server, and decides whether a failure is temporary."""

import asyncio
import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import NamedTuple

import aiosmtplib
import idna

from shopkit.mail.templates import Rendered
from shopkit.settings import MailSettings, SmtpSecurity

TIMEOUT_SECONDS = 30.0
"""How long an attempt may take, from the connection to the server's answer."""
_OPERATION_SECONDS = 20.0
_FIRST_PERMANENT_CODE = 500
_ONE_ADDRESS = re.compile(r"""[^\s@<>()\[\],;:\\"]+@[^\s@<>()\[\],;:\\"]+""")


class TemporaryFailureError(Exception):
    """The mail was not accepted, but may be later. The text is the server's answer or an error."""


class PermanentFailureError(Exception):
    """The server refuses this mail. The text is its answer."""


class Envelope(NamedTuple):
    """What identifies a mail to the server and to its recipient.

    Attributes:
        mail_id: The id of the mail, from which the Message-ID derives. So a mail that is sent twice
            after a crash is recognized as one.
        recipient: The email address of the only recipient.
        time: The date of the mail.
    """

    mail_id: str
    recipient: str
    time: datetime


class SmtpTransport:
    """Sends mails, each on its own connection, so that no failure affects another mail."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        name, address = parseaddr(settings.mail_sender)
        self._sender = _address(address, name)

    async def send(self, envelope: Envelope, rendered: Rendered) -> None:
        """Send a mail.

        Raises:
            TemporaryFailureError: The server cannot be reached, or does not accept the mail now.
            PermanentFailureError: The server refuses the recipient or the content, or the mail
                cannot be written as one.
        """
        message = self._write(envelope, rendered)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await self._deliver(message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            refusal = error.recipients[0]
            raise _failure(refusal.code, refusal.message) from error
        except aiosmtplib.SMTPDataError as error:
            raise _failure(error.code, error.message) from error
        except aiosmtplib.SMTPNotSupported as error:
            # The address has characters that this server cannot transport.
            raise PermanentFailureError(str(error)) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            # Wrong credentials and a refused sender count too, although their codes are permanent:
            # they concern the settings, and every mail waits until those are corrected.
            raise TemporaryFailureError(_explain(error)) from error

    async def _deliver(self, message: EmailMessage) -> None:
        settings = self._settings
        password = settings.smtp_password
        async with aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            use_tls=settings.smtp_security is SmtpSecurity.TLS,
            start_tls=settings.smtp_security is SmtpSecurity.STARTTLS,
            username=settings.smtp_user or None,
            password=password.get_secret_value() if password else None,
            local_hostname=self._sender.domain,
            timeout=_OPERATION_SECONDS,
        ) as client:
            await client.send_message(message)

    def _write(self, envelope: Envelope, rendered: Rendered) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        try:
            message["From"] = self._sender
            message["To"] = _address(envelope.recipient)
            # The email package refuses line breaks.
            message["Subject"] = rendered.subject
        except ValueError as error:
            raise PermanentFailureError(f"The mail has an invalid header: {error}") from error
        message["Date"] = format_datetime(envelope.time)
        message["Message-ID"] = f"<{envelope.mail_id}@{self._sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(rendered.text)
        message.add_alternative(rendered.html, subtype="html")
        return message


def _address(text: str, name: str = "") -> Address:
    """Return an address whose domain every server can transport.

    Raises:
        ValueError: The text is not exactly one address.
    """
    if not _ONE_ADDRESS.fullmatch(text):
        raise ValueError("the recipient is not one email address")
    local, _, domain = text.partition("@")
    return Address(name, local, idna.encode(domain, uts46=True).decode())


def _failure(code: int, answer: str) -> TemporaryFailureError | PermanentFailureError:
    text = f"{code} {answer}"
    if code >= _FIRST_PERMANENT_CODE:
        return PermanentFailureError(text)
    return TemporaryFailureError(text)


def _explain(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    return str(error) or type(error).__name__
