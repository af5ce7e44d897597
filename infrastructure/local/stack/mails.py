"""Shows the mails that the shop has sent."""

from collections.abc import Iterable
from pathlib import Path

from shopkit.mail_catcher import read_mail, text_of


def describe(paths: Iterable[Path]) -> str:
    """Return the files, the headers and the texts of mails."""
    return "\n".join(_describe(path) for path in paths) or "The shop has sent no mail yet."


def _describe(path: Path) -> str:
    mail = read_mail(path)
    headers = [f"{name}: {mail[name]}" for name in ("Date", "To", "Subject")]
    return "\n".join([f"== {path}", *headers, "", text_of(mail)])
