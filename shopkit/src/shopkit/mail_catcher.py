"""Receives the mails of a shop in development, and shows them on a small page.

    python -m shopkit.mail_catcher FOLDER

Each mail becomes a file in the folder. Nothing is sent to anyone.
"""

import asyncio
import html
import secrets
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer
import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import FastAPI, HTTPException
from fastapi.responses import HTMLResponse

KEPT = 500
"""How many mails are kept. Older ones are deleted."""
REFUSED_ONCE = "@refused.example"
"""The first mail to each address of this domain is refused, which shows what the shop does then."""
_NEW_TAB = '<base target="_blank">'
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{title}</title>
<style>body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui }}
iframe {{ width: 100%; height: 40rem; border: 1px solid }} pre {{ white-space: pre-wrap }}</style>
<h1>{title}</h1>{body}</html>"""


class Mailbox:
    """The files of received mails, whose names sort by the time of arrival."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        last = max((int(path.stem.partition("-")[0]) for path in self.files()), default=0)
        self._next = last + 1

    def add(self, content: bytes) -> None:
        """Store a mail, and delete the oldest ones."""
        name = f"{self._next:08}-{secrets.token_hex(4)}.eml"
        self._next += 1
        new = self._folder / f".{name}"
        new.write_bytes(content)
        # Whoever reads the folder sees complete files only.
        new.rename(self._folder / name)
        for old in self.files()[:-KEPT]:
            old.unlink()

    def files(self) -> Sequence[Path]:
        """Return the files, oldest first."""
        return sorted(self._folder.glob("[0-9]*.eml"))


class Handler:
    """Answers the commands of SMTP that deliver a mail."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._refused: set[str] = set()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it.
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        """Accept a recipient, or refuse it once."""
        if address.endswith(REFUSED_ONCE) and address not in self._refused:
            self._refused.add(address)
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it.
        """Store the mail."""
        content = envelope.original_content
        self._mailbox.add(content or b"")
        return "250 stored"


def read_mail(path: Path) -> EmailMessage:
    """Return the mail in a file."""
    return message_from_bytes(path.read_bytes(), EmailMessage, policy=policy.default)


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """Return the text part of a mail, or its HTML part, with the line ends of Python."""
    part = mail.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part else ""


def create_app(mailbox: Mailbox) -> FastAPI:
    """Return the application that shows the mails."""
    app = FastAPI(title="Mail", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/", response_class=HTMLResponse)
    def list_mails() -> str:
        items = [
            f'<li><a href="/{quote(path.stem)}">{html.escape(str(mail["Subject"]))}</a><br>'
            f"to {html.escape(str(mail['To']))}, {html.escape(str(mail['Date']))}</li>"
            for path in reversed(mailbox.files())
            for mail in [read_mail(path)]
        ]
        body = f"<ol reversed>{''.join(items)}</ol>" if items else "<p>No mail has arrived.</p>"
        return _PAGE.format(title="Mail", body=body)

    @app.get("/{name}", response_class=HTMLResponse)
    def show_mail(name: str) -> str:
        path = next((path for path in mailbox.files() if path.stem == name), None)
        if path is None:
            raise HTTPException(404, "There is no such mail.")
        mail = read_mail(path)
        body = (
            f"<p>To {html.escape(str(mail['To']))}, {html.escape(str(mail['Date']))}</p>"
            f'<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" title="HTML" '
            f'srcdoc="{html.escape(_NEW_TAB + text_of(mail, "html"))}"></iframe>'
            f"<h2>Text</h2><pre>{html.escape(text_of(mail))}</pre>"
        )
        return _PAGE.format(title=html.escape(str(mail["Subject"])), body=body)

    return app


async def _serve(mailbox: Mailbox, host: str, port: int, smtp_port: int) -> None:
    loop = asyncio.get_running_loop()
    # One handler for all connections, because it remembers which addresses it has refused.
    handler = Handler(mailbox)
    server = await loop.create_server(
        lambda: SMTP(handler, enable_SMTPUTF8=True, loop=loop), host, smtp_port
    )
    async with server:
        config = uvicorn.Config(
            create_app(mailbox), host=host, port=port, log_level="warning", access_log=False
        )
        await uvicorn.Server(config).serve()


def main(
    folder: Path,
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port of the page.")] = 8025,
    smtp_port: Annotated[int, typer.Option()] = 1025,
) -> None:
    """Receive mails until SIGTERM."""
    asyncio.run(_serve(Mailbox(folder), host, port, smtp_port))


if __name__ == "__main__":
    typer.run(main)
