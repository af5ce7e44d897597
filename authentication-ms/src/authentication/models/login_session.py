"""Sessions, refresh tokens and what a presented one is worth."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any


class Verdict(Enum):
    """What a refresh token that can't be spent is worth."""

    REFUSED = auto()
    SIBLING = auto()
    REUSED = auto()


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """One refresh token, known by its digest; `family` is the session that it belongs to."""

    digest: str
    family: str
    expires_at: datetime
    by_cookie: bool
    spent_at: datetime | None = None

    def judge(self, now: datetime, *, by_cookie: bool, grace: timedelta) -> Verdict:
        """Return what this token, which could not be spent, is worth.

        Args:
            now: The time.
            by_cookie: Whether it was presented in a cookie; only one that was issued so may be
                forgiven, as no script can have taken it.
            grace: How long after it was spent another tab may still present it.
        """
        if self.expires_at <= now or self.spent_at is None:
            return Verdict.REFUSED
        if by_cookie and self.by_cookie and now - self.spent_at <= grace:
            return Verdict.SIBLING
        return Verdict.REUSED


@dataclass(frozen=True, slots=True)
class Session:
    """What began with a log-in: a family of refresh tokens, of which one after another is valid."""

    id: str
    account_id: Any


@dataclass(frozen=True, slots=True)
class Grant:
    """What a log-in or a refresh gives."""

    access_token: str
    refresh_token: str


@dataclass(frozen=True, slots=True)
class Revocation:
    """Access tokens to be refused: those of a session, or an e-mail's issued before a time.

    `before` is in Unix seconds; `except_session` keeps its tokens.
    """

    email: str | None
    session: str | None
    before: float
    except_session: str | None


def digest(token: str) -> str:
    """Return what is stored of a refresh token: it is random, so a plain hash keeps it."""
    return hashlib.sha256(token.encode()).hexdigest()
