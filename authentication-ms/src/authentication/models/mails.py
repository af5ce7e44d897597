"""The mails about accounts. None contains text that a person typed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from authentication.models.account import Account
from shopkit.storage.unit_of_work import Mail

PASSWORD_CHANGED = "password-changed"  # noqa: S105 - the name of a template.

SAMPLES: Mapping[str, Mapping[str, Any]] = {
    PASSWORD_CHANGED: {},
}
"""Sample data of each template."""


def password_changed(account: Account, now: datetime) -> Mail:
    """Return the mail that reports a new password to its owner."""
    return Mail(
        cause=f"{PASSWORD_CHANGED}/{account.id}/{now.isoformat()}",
        template=PASSWORD_CHANGED,
        recipient=account.shown_email,
    )
