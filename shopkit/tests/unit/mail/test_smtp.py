"""The transport against a real SMTP server."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shopkit.mail.smtp import (
    Envelope,
    PermanentFailureError,
    SmtpTransport,
    TemporaryFailureError,
)
from shopkit.mail.templates import Rendered
from shopkit.settings import MailSettings
from shopkit.testing.deliveries import NOON
from shopkit.testing.smtp import smtp_server

RENDERED = Rendered("Welcome to Kösk", "Hello Ann\n", "<p>Hello Ann</p>")
TO_ANN = Envelope("0123456789abcdef", "ann@shop.example", NOON)


def transport(port: int, **settings: Any) -> SmtpTransport:
    return SmtpTransport(
        MailSettings(
            port=1,
            mail_sender="Kiösk <mail@kiosk.example>",
            public_url="https://shop.example",
            smtp_host="127.0.0.1",
            smtp_port=port,
            **{"smtp_security": "none", **settings},
        )
    )


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for the loopback interface, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(signed.public_bytes(pem) + private)
    return file


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


class TestSend:
    async def test_delivers_a_text_and_an_html_part(self) -> None:
        # When
        async with smtp_server() as server:
            await transport(server.port).send(TO_ANN, RENDERED)
        # Then
        [mail] = server.received
        assert server.recipients == [["ann@shop.example"]]
        assert mail["To"] == "ann@shop.example"
        assert mail["From"] == "Kiösk <mail@kiosk.example>"
        assert mail["Subject"] == "Welcome to Kösk"
        assert mail["Message-ID"] == "<0123456789abcdef@kiosk.example>"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Date"].datetime == NOON
        assert mail.get_content_type() == "multipart/alternative"
        parts = [(part.get_content_type(), part.get_content()) for part in mail.iter_parts()]
        assert parts == [("text/plain", "Hello Ann\r\n"), ("text/html", "<p>Hello Ann</p>\r\n")]

    async def test_encodes_the_domain_of_a_recipient(self) -> None:
        async with smtp_server() as server:
            await transport(server.port).send(
                TO_ANN._replace(recipient="ann@köln.example"), RENDERED
            )

        assert server.recipients == [["ann@xn--kln-sna.example"]]

    async def test_sends_characters_of_any_script_in_the_local_part(self) -> None:
        async with smtp_server() as server:
            await transport(server.port).send(
                TO_ANN._replace(recipient="änn@shop.example"), RENDERED
            )

        assert server.recipients == [["änn@shop.example"]]

    @pytest.mark.parametrize(
        "recipient",
        [
            "ann@shop.example\r\nBcc: eve@evil.example",
            "ann@shop.example, eve@evil.example",
            "eve, ann@shop.example",
            "Ann <ann@shop.example>",
            "ann",
            "",
        ],
    )
    async def test_refuses_what_is_not_one_address(self, recipient: str) -> None:
        async with smtp_server() as server:
            with pytest.raises(PermanentFailureError, match="invalid header"):
                await transport(server.port).send(TO_ANN._replace(recipient=recipient), RENDERED)

        assert server.received == []

    @pytest.mark.parametrize("end", ["\r\nBcc: eve@evil.example", "\nX: y", "\rX: y"])
    async def test_refuses_line_breaks_in_the_subject(self, end: str) -> None:
        async with smtp_server() as server:
            with pytest.raises(PermanentFailureError, match="invalid header"):
                await transport(server.port).send(
                    TO_ANN, RENDERED._replace(subject="Welcome" + end)
                )

        assert server.received == []


class TestFailures:
    @pytest.mark.parametrize(
        ("code", "expected"), [("451", TemporaryFailureError), ("550", PermanentFailureError)]
    )
    @pytest.mark.parametrize("step", ["answer_to_recipient", "answer_to_data"])
    async def test_the_code_decides_whether_to_retry(
        self, step: str, code: str, expected: type[Exception]
    ) -> None:
        async with smtp_server() as server:
            setattr(server, step, f"{code} mailbox not available")
            with pytest.raises(expected, match=f"^{code} mailbox not available$"):
                await transport(server.port).send(TO_ANN, RENDERED)

        assert server.received == []

    async def test_a_connection_that_drops_after_the_mail_is_retried(self) -> None:
        async with smtp_server() as server:
            server.drops_after_data = True
            with pytest.raises(TemporaryFailureError):
                await transport(server.port).send(TO_ANN, RENDERED)

        assert len(server.received) == 1

    async def test_a_server_that_is_down_is_retried(self) -> None:
        async with smtp_server() as server:
            port = server.port
        with pytest.raises(TemporaryFailureError):
            await transport(port).send(TO_ANN, RENDERED)


class TestEncryption:
    async def test_logs_in_on_a_connection_with_a_trusted_certificate(
        self, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        async with smtp_server(tls=tls, credentials=("shop", "secret")) as server:
            sender = transport(
                server.port, smtp_security="starttls", smtp_user="shop", smtp_password="secret"
            )
            await sender.send(TO_ANN, RENDERED)

        assert len(server.received) == 1

    async def test_a_wrong_password_is_retried_because_it_concerns_every_mail(
        self, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        async with smtp_server(tls=tls, credentials=("shop", "secret")) as server:
            sender = transport(
                server.port, smtp_security="starttls", smtp_user="shop", smtp_password="wrong"
            )
            with pytest.raises(TemporaryFailureError, match=r"^535 "):
                await sender.send(TO_ANN, RENDERED)

        assert server.received == []

    async def test_sends_nothing_to_a_server_with_an_untrusted_certificate(
        self, tls: ssl.SSLContext
    ) -> None:
        async with smtp_server(tls=tls) as server:
            with pytest.raises(TemporaryFailureError, match="certificate"):
                await transport(server.port, smtp_security="starttls").send(TO_ANN, RENDERED)

        assert server.received == []

    async def test_sends_nothing_without_the_encryption_that_is_set(self) -> None:
        async with smtp_server() as server:
            with pytest.raises(TemporaryFailureError, match="STARTTLS"):
                await transport(server.port, smtp_security="starttls").send(TO_ANN, RENDERED)

        assert server.received == []


class TestSettings:
    @pytest.fixture
    def load(self) -> Callable[..., MailSettings]:
        def load(**changes: Any) -> MailSettings:
            complete: dict[str, Any] = {
                "port": 1,
                "mail_sender": "mail@kiosk.example",
                "public_url": "https://shop.example/",
                "smtp_host": "mail.example",
            }
            return MailSettings(**complete | changes)

        return load

    def test_the_address_of_the_shop_has_no_slash_at_its_end(
        self, load: Callable[..., MailSettings]
    ) -> None:
        assert load().shop_address == "https://shop.example"

    @pytest.mark.parametrize("name", ["mail_sender", "smtp_host"])
    def test_a_missing_setting_is_named(self, load: Callable[..., MailSettings], name: str) -> None:
        with pytest.raises(ValueError, match="set MAIL_SENDER, PUBLIC_URL and SMTP_HOST"):
            load(**{name: ""})

    def test_nothing_is_needed_if_mail_is_off(self) -> None:
        assert not MailSettings(port=1, mail="off").sends_mail

    def test_credentials_are_never_sent_in_the_clear(
        self, load: Callable[..., MailSettings]
    ) -> None:
        with pytest.raises(ValueError, match="SMTP_USER needs an encrypted connection"):
            load(smtp_user="shop", smtp_security="none")
