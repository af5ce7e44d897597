"""The access tokens that are refused before they expire, for example after a log-out."""

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog
from prometheus_client import Gauge
from pydantic import BaseModel

from gateway.fetch import POLLS, Fetch

POLL_SECONDS = 5.0
RETRY_SECONDS = 1.0

LAST_POLL = Gauge(
    "gateway_revocations_last_poll_timestamp_seconds",
    "When the revocations were last fetched.",
)

log = structlog.get_logger(__name__)


class Revocation(BaseModel):
    """Access tokens to refuse.

    Attributes:
        email: Refuse the tokens of this user that were issued before `before`.
        session: Refuse all tokens of this session.
        before: A time of issue in Unix seconds.
        except_session: A session of the user whose tokens stay valid.
    """

    email: str | None = None
    session: str | None = None
    before: float = 0.0
    except_session: str | None = None


class RevocationsBody(BaseModel):
    """The response of authentication-ms."""

    revocations: list[Revocation]


class RevocationList:
    """The current revocations. The last list stays in use while authentication-ms is down."""

    def __init__(self, fetch: Fetch, *, clock: Callable[[], float] = time.time) -> None:
        self._fetch = fetch
        self._clock = clock
        self._sessions: frozenset[str] = frozenset()
        self._by_email: dict[str, list[Revocation]] = {}
        self._fetched = False
        self._failing = False

    def is_revoked(self, email: str, session: str, issued_at: float) -> bool:
        """Return whether a token is revoked.

        Args:
            email: The token's user.
            session: The token's session.
            issued_at: When the token was issued, in Unix seconds.
        """
        if session in self._sessions:
            return True
        revocations = self._by_email.get(email)
        return revocations is not None and any(
            issued_at < revocation.before and revocation.except_session != session
            for revocation in revocations
        )

    def replace(self, revocations: Sequence[Revocation]) -> None:
        """Replace the list."""
        self._sessions = frozenset(
            revocation.session for revocation in revocations if revocation.session
        )
        by_email: dict[str, list[Revocation]] = {}
        for revocation in revocations:
            if revocation.email:
                by_email.setdefault(revocation.email, []).append(revocation)
        self._by_email = by_email
        self._fetched = True

    async def check(self) -> None:
        """Check that a list was fetched.

        Raises:
            ConnectionError: No list was fetched yet, so revoked tokens would be accepted.
        """
        if not self._fetched:
            raise ConnectionError("the revocations could not be fetched yet")

    async def run(self) -> None:
        """Fetch the list again and again."""
        while True:
            await self.poll()
            await asyncio.sleep(POLL_SECONDS if self._fetched else RETRY_SECONDS)

    async def poll(self) -> None:
        """Fetch the list once. If that fails, the last list stays in use."""
        try:
            body = RevocationsBody.model_validate(await self._fetch())
        except Exception as error:  # noqa: BLE001 - any error leaves the last list in use.
            if not self._failing:
                log.warning("cannot fetch the revocations", error=repr(error))
            self._failing = True
        else:
            self.replace(body.revocations)
            self._failing = False
            LAST_POLL.set(self._clock())
        POLLS.labels("revocations", "failed" if self._failing else "ok").inc()
