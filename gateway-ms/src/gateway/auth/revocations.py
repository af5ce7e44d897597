"""The access tokens that are refused before they expire, for example after a log-out."""

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog
from prometheus_client import Gauge
from pydantic import BaseModel

from gateway.errors import RevocationsUnavailableError
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
        account: Refuse the tokens of this account that were issued before `before`.
        email: The email address of the account, for revocations that have no account id: those of
            the previous release of authentication-ms.
        session: Refuse all tokens of this session.
        before: A time of issue in Unix seconds.
        except_session: A session of the user whose tokens stay valid.
    """

    account: str | None = None
    email: str | None = None
    session: str | None = None
    before: float = 0.0
    except_session: str | None = None


class RevocationsBody(BaseModel):
    """A page of the list of authentication-ms."""

    revocations: list[Revocation]
    next_cursor: str | None = None


class RevocationList:
    """The current revocations. The last list stays in use while authentication-ms is down.

    Args:
        fetch: Fetches a page of the list.
        max_age_seconds: How old the list may be.
        clock: Returns a time in seconds that never goes back.
    """

    def __init__(
        self,
        fetch: Fetch,
        *,
        max_age_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._max_age = max_age_seconds
        self._clock = clock
        self._sessions: frozenset[str] = frozenset()
        self._by_owner: dict[str, list[Revocation]] = {}
        self._fetched_at: float | None = None
        self._failing = False

    @property
    def is_current(self) -> bool:
        """Whether the list is recent enough to accept tokens that are not on it."""
        return self._fetched_at is not None and self._clock() - self._fetched_at <= self._max_age

    def require_current(self) -> None:
        """Check that the list is recent enough.

        Raises:
            RevocationsUnavailableError: It is not, or there is none.
        """
        if not self.is_current:
            raise RevocationsUnavailableError

    def is_revoked(self, account: str, email: str, session: str, issued_at: float) -> bool:
        """Return whether a token is on the list.

        Args:
            account: The token's account.
            email: The token's email address.
            session: The token's session.
            issued_at: When the token was issued, in Unix seconds.
        """
        if session in self._sessions:
            return True
        return any(
            issued_at < revocation.before and revocation.except_session != session
            for owner in (account, email)
            for revocation in self._by_owner.get(owner, ())
        )

    def replace(self, revocations: Sequence[Revocation], fetched_at: float) -> None:
        """Replace the list.

        Args:
            revocations: The new list.
            fetched_at: When the request for it began.
        """
        self._sessions = frozenset(
            revocation.session for revocation in revocations if revocation.session
        )
        by_owner: dict[str, list[Revocation]] = {}
        for revocation in revocations:
            if owner := revocation.account or revocation.email:
                by_owner.setdefault(owner, []).append(revocation)
        self._by_owner = by_owner
        self._fetched_at = fetched_at

    async def check(self) -> None:
        """Check that a list was fetched.

        Raises:
            ConnectionError: No list was fetched yet, so revoked tokens would be accepted.
        """
        if self._fetched_at is None:
            raise ConnectionError("the revocations could not be fetched yet")

    async def run(self) -> None:
        """Fetch the list again and again."""
        while True:
            await self.poll()
            await asyncio.sleep(RETRY_SECONDS if self._fetched_at is None else POLL_SECONDS)

    async def poll(self) -> None:
        """Fetch the list once. If that fails, the last list stays in use."""
        started_at = self._clock()
        try:
            revocations = await self._fetch_all()
        except Exception as error:  # noqa: BLE001 - any error leaves the last list in use.
            if not self._failing:
                log.warning("cannot fetch the revocations", error=repr(error))
            self._failing = True
        else:
            self.replace(revocations, started_at)
            self._failing = False
            LAST_POLL.set_to_current_time()
        POLLS.labels("revocations", "failed" if self._failing else "ok").inc()

    async def _fetch_all(self) -> list[Revocation]:
        revocations: list[Revocation] = []
        query: dict[str, str] = {}
        while True:
            page = RevocationsBody.model_validate(await self._fetch(**query))
            revocations += page.revocations
            if page.next_cursor is None:
                return revocations
            query = {"cursor": page.next_cursor}
