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

    def __init__(
        self, port: int, tls: ssl.SSLContext | None, credentials: tuple[str, str] | None
    ) -> None:
        self.received: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.answer_to_recipient = "250 OK"
        self.answer_to_data = "250 OK"
        self.drops_after_data = False
        self.port = port
        self._tls = tls
        self._credentials = credentials
        self._listening: asyncio.Server | None = None

    async def start(self) -> None:
        """Accept connections, at the same port as before."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._session, "127.0.0.1", self.port)
        self.port = self._listening.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Accept no more connections."""
        if self._listening:
            self._listening.close()

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

    def _session(self) -> SMTP:
        return SMTP(
            self,
            enable_SMTPUTF8=True,
            tls_context=self._tls,
            auth_required=self._credentials is not None,
            authenticator=self._authenticate,
        )

    def _authenticate(
        self,
        _server: SMTP,
        _session: Session,
        _envelope: Envelope,
        _mechanism: str,
        given: LoginPassword,
    ) -> AuthResult:
        name, password = given.login.decode(), given.password.decode()
        return AuthResult(success=(name, password) == self._credentials, handled=False)

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
    server = SmtpServer(port, tls, credentials)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
