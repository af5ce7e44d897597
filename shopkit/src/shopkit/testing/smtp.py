"""A real SMTP server in the test process, which a test can make fail."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class SmtpServer:
    """What an SMTP server received, and how it answers.

    Attributes:
        received: The mails that it accepted, or dropped the connection after.
        recipients: The recipients of each, as the client named them to the server.
        answer_to_recipient: The answer to `RCPT TO`.
        answer_to_data: The answer to a mail.
        drops_after_data: Whether it drops the connection after a mail, without an answer.
        port: Its port.
    """

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.answer_to_recipient = "250 OK"
        self.answer_to_data = "250 OK"
        self.drops_after_data = False
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it.
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Answer `RCPT TO`."""
        if self.answer_to_recipient.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_recipient

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Answer a mail."""
        if self.drops_after_data:
            self._store(envelope)
            assert isinstance(server.transport, asyncio.Transport)  # noqa: S101
            server.transport.abort()
        elif self.answer_to_data.startswith("2"):
            self._store(envelope)
        return self.answer_to_data

    def _store(self, envelope: Envelope) -> None:
        content = envelope.original_content or b""
        self.received.append(message_from_bytes(content, EmailMessage, policy=policy.default))
        self.recipients.append(list(envelope.rcpt_tos))


@asynccontextmanager
async def smtp_server(
    *,
    port: int = 0,
    tls: ssl.SSLContext | None = None,
    credentials: tuple[str, str] | None = None,
) -> AsyncIterator[SmtpServer]:
    """Run an SMTP server on the loopback interface.

    Args:
        port: The port, 0 for a free one.
        tls: The certificate with which it offers STARTTLS.
        credentials: The name and the password without which it accepts no mail.
    """
    server = SmtpServer()

    def authenticate(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
    ) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == credentials, handled=False)

    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: SMTP(
            server,
            enable_SMTPUTF8=True,
            loop=loop,
            tls_context=tls,
            auth_required=credentials is not None,
            authenticator=authenticate,
        ),
        "127.0.0.1",
        port,
    )
    async with listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server
