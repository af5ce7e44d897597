from pathlib import Path

import httpx2
import pytest
from aiosmtpd.smtp import Envelope

from shopkit import mail_catcher
from shopkit.mail_catcher import Handler, Mailbox, create_app, read_mail, text_of
from shopkit.testing.apps import client_of

MAIL = b"""\
From: shop@kiosk.example
To: ann@shop.example
Subject: =?utf-8?q?A_=3Cb=3Enew=3C/b=3E_chair?=
Date: Mon, 04 May 2026 12:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="x"

--x
Content-Type: text/plain

Hello & welcome
--x
Content-Type: text/html

<p>Hello &amp; welcome</p>
--x--
"""


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "mails")


class TestMailbox:
    def test_keeps_mails_in_the_order_of_their_arrival(
        self, mailbox: Mailbox, tmp_path: Path
    ) -> None:
        mailbox.add(b"Subject: 1\n\n")
        Mailbox(tmp_path / "mails").add(b"Subject: 2\n\n")

        assert [read_mail(path)["Subject"] for path in mailbox.files()] == ["1", "2"]

    def test_deletes_the_oldest(self, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(mail_catcher, "KEPT", 2)

        for number in range(4):
            mailbox.add(f"Subject: {number}\n\n".encode())

        assert [read_mail(path)["Subject"] for path in mailbox.files()] == ["2", "3"]

    def test_reads_both_parts(self, mailbox: Mailbox) -> None:
        mailbox.add(MAIL)

        [path] = mailbox.files()
        assert text_of(read_mail(path)) == "Hello & welcome"
        assert text_of(read_mail(path), "html") == "<p>Hello &amp; welcome</p>"


class TestHandler:
    async def test_refuses_the_first_mail_to_each_address_of_the_domain_for_it(
        self, mailbox: Mailbox
    ) -> None:
        # Given
        handler = Handler(mailbox)
        recipients = ["ann@refused.example", "ann@refused.example", "bob@refused.example"]
        envelope = Envelope()
        # When
        answers = [
            await handler.handle_RCPT(None, None, envelope, recipient, [])  # type: ignore[arg-type]
            for recipient in [*recipients, "ann@shop.example"]
        ]
        # Then
        refusal = "550 no such mailbox"
        assert answers == [refusal, "250 ok", refusal, "250 ok"]
        assert envelope.rcpt_tos == ["ann@refused.example", "ann@shop.example"]


class TestPage:
    async def get(self, mailbox: Mailbox, path: str) -> httpx2.Response:
        async with client_of(create_app(mailbox)) as client:
            return await client.get(path)

    async def test_says_that_there_is_no_mail(self, mailbox: Mailbox) -> None:
        assert "No mail has arrived." in (await self.get(mailbox, "/")).text

    async def test_lists_mails_and_escapes_their_headers(self, mailbox: Mailbox) -> None:
        mailbox.add(MAIL)

        page = (await self.get(mailbox, "/")).text
        assert "A &lt;b&gt;new&lt;/b&gt; chair" in page
        assert "to ann@shop.example" in page

    async def test_shows_both_parts_of_a_mail(self, mailbox: Mailbox) -> None:
        mailbox.add(MAIL)
        [path] = mailbox.files()

        page = (await self.get(mailbox, f"/{path.stem}")).text
        assert "<pre>Hello &amp; welcome</pre>" in page
        assert "&lt;p&gt;Hello &amp;amp; welcome&lt;/p&gt;" in page

    async def test_answers_404_to_an_unknown_mail(self, mailbox: Mailbox) -> None:
        assert (await self.get(mailbox, "/..%2Fsecret")).status_code == 404
        assert (await self.get(mailbox, "/health")).json() == {"status": "ok"}
