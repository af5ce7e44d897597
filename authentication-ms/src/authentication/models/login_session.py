"""Log-in sessions, their refresh tokens, and the revocation of access tokens."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any


class Verdict(Enum):
    """The result of a check of a refresh token that cannot be spent."""

    REFUSED = auto()
    """The token is expired. Nothing else follows."""
    IN_GRACE_PERIOD = auto()
    """Another tab of the same browser has just spent the token. It gets a token as well."""
    REUSED = auto()
    """The token was stolen, or its successor was. The session ends."""


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token.

    Attributes:
        digest: The digest of the token. The token itself is not stored.
        session_id: The log-in session that it belongs to.
        expires_at: When it expires.
        by_cookie: Whether it was issued in a cookie.
        spent_at: When it was spent, None if it is unspent.
    """

    digest: str
    session_id: str
    expires_at: datetime
    by_cookie: bool
    spent_at: datetime | None = None

    def assess(self, now: datetime, *, by_cookie: bool, grace: timedelta) -> Verdict:
        """Return why this token, which could not be spent, is refused or tolerated.

        Args:
            now: The current time.
            by_cookie: Whether it was received in a cookie. Only a token that was issued in a cookie
                and comes back in one can be tolerated, because no script can have read it.
            grace: How long after it was spent another tab may use it.
        """
        if self.expires_at <= now or self.spent_at is None:
            return Verdict.REFUSED
        if by_cookie and self.by_cookie and now - self.spent_at <= grace:
            return Verdict.IN_GRACE_PERIOD
        return Verdict.REUSED


@dataclass(frozen=True, slots=True)
class LoginSession:
    """A log-in session. It has a chain of refresh tokens, of which the last one is unspent.

    Attributes:
        id: A random id, which is the `sid` claim of access tokens.
        account_id: The account.
        started_at: When the account logged in.
        last_used_at: When it last got tokens.
        device: The kind of device that logged in.
    """

    id: str
    account_id: Any
    started_at: datetime
    last_used_at: datetime
    device: str


@dataclass(frozen=True, slots=True)
class TokenPair:
    """The tokens that a log-in or a refresh returns."""

    access_token: str
    refresh_token: str


@dataclass(frozen=True, slots=True)
class Revocation:
    """Access tokens that the gateway refuses before they expire.

    Attributes:
        account: Refuse the tokens of the account with this id that were issued before `before`.
        email: The email address of this account, for gateways of the previous release.
        session: Refuse all tokens of this session.
        before: A time of issue in Unix seconds.
        except_session: A session of the account whose tokens stay valid.
    """

    account: str | None
    email: str | None
    session: str | None
    before: float
    except_session: str | None


def digest(token: str) -> str:
    """Return the digest of a refresh token. Tokens are random, so they need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
