"""Which access tokens are refused though they have not expired: log-outs, changes of role."""

import asyncio
import time
from collections.abc import Callable

import structlog
from prometheus_client import Gauge
from pydantic import BaseModel

from gateway.forwarding.upstream import POLLS, Fetch

POLL_SECONDS = 5.0

LAST_POLL = Gauge(
    "gateway_revocations_last_poll_timestamp_seconds", "When the revocations were last had."
)

log = structlog.get_logger(__name__)


class Revocation(BaseModel):
    """Refuses a session's tokens, or a user's tokens issued before a time, save one session's."""

    email: str | None = None
    session: str | None = None
    before: float = 0.0
    except_session: str | None = None


class RevocationList(BaseModel):
    """What authentication-ms answers; it holds only what unexpired tokens can meet."""

    revocations: list[Revocation]


class Revocations:
    """Keeps the list, the last one while authentication-ms is away."""

    def __init__(self, fetch: Fetch, *, clock: Callable[[], float] = time.time) -> None:
        self._fetch = fetch
        self._clock = clock
        self._sessions: frozenset[str] = frozenset()
        self._by_email: dict[str, list[Revocation]] = {}
        self._had = False
        self._failing = False

    def revoked(self, email: str, session: str, issued_at: float) -> bool:
        """Whether a token is refused.

        Args:
            email: Its user.
            session: Its session.
            issued_at: When it was issued, in unix seconds.
        """
        if session in self._sessions:
            return True
        entries = self._by_email.get(email)
        return entries is not None and any(
            issued_at < entry.before and entry.except_session != session for entry in entries
        )

    def replace(self, entries: list[Revocation]) -> None:
        """Take a new list in place of the old one."""
        self._sessions = frozenset(entry.session for entry in entries if entry.session)
        by_email: dict[str, list[Revocation]] = {}
        for entry in entries:
            if entry.email:
                by_email.setdefault(entry.email, []).append(entry)
        self._by_email = by_email
        self._had = True

    async def check(self) -> None:
        """Return where a list was had.

        Raises:
            ConnectionError: None was ever had, so a logged-out token could pass.
        """
        if not self._had:
            raise ConnectionError("no revocations from authentication-ms yet")

    async def run(self) -> None:
        """Poll for ever."""
        while True:
            await self._run_once()
            await asyncio.sleep(POLL_SECONDS if self._had else 1.0)

    async def _run_once(self) -> None:
        try:
            answer = RevocationList.model_validate(await self._fetch())
        except Exception as error:  # noqa: BLE001 - whatever it is, the last list stays.
            if not self._failing:
                log.warning("no revocations from authentication-ms", error=repr(error))
            self._failing = True
        else:
            self.replace(answer.revocations)
            self._failing = False
            LAST_POLL.set(self._clock())
        POLLS.labels("revocations", "failed" if self._failing else "ok").inc()
