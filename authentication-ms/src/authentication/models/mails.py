"""The mails about accounts. None contains text that a person typed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from authentication.models.account import Account
from authentication.models.mail_link import PAGES, LinkKind, MailLink
from shopkit.storage.unit_of_work import Mail

PASSWORD_CHANGED = "password-changed"  # noqa: S105 - the name of a template.

SAMPLES: Mapping[str, Mapping[str, Any]] = {
    PASSWORD_CHANGED: {},
    **{kind.value: {"link": f"https://shop.example{page}#token=x"} for kind, page in PAGES.items()},
}
"""Sample data of each template."""


def password_changed(account: Account, now: datetime) -> Mail:
    """Return the mail that reports a new password to its owner."""
    return Mail(
        cause=f"{PASSWORD_CHANGED}/{account.id}/{now.isoformat()}",
        template=PASSWORD_CHANGED,
        recipient=account.shown_email,
    )


def mail_with_link(link: MailLink) -> Mail:
    """Return the mail that contains a link. The link gets its token when the mail is sent."""
    return Mail(
        cause=f"{link.kind}/{link.id}",
        template=LinkKind(link.kind).value,
        recipient=link.email,
        data={"link_id": link.id},
    )
