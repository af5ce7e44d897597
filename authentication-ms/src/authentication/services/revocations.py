"""Which access tokens the gateway refuses before they expire."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from authentication.models.sessions import Revocation
from authentication.repositories.revocations import RevocationRepository
from shopkit.clock import Clock
from shopkit.storage.mongo import Session

MARGIN = timedelta(minutes=1)
"""Kept longer than a token lives, for clocks that differ."""


class Revocations:
    """Writes revocations in the transaction of what causes them, and lists them."""

    def __init__(
        self, repository: RevocationRepository, *, clock: Clock, access_token_life: timedelta
    ) -> None:
        self._repository = repository
        self._clock = clock
        self._life = access_token_life + MARGIN

    async def current(self) -> Sequence[Revocation]:
        """Return those that still concern a token."""
        return await self._repository.current(self._clock())

    async def end_session(self, family: str, *, now: datetime, session: Session) -> None:
        """Refuse the tokens of a session."""
        revocation = Revocation(
            email=None, session=family, before=now.timestamp(), except_session=None
        )
        await self._repository.add(revocation, expires_at=now + self._life, session=session)

    async def end_tokens(
        self, email: str, *, before: int, kept: str | None, now: datetime, session: Session
    ) -> None:
        """Refuse an e-mail's tokens.

        Args:
            email: Whose.
            before: Those issued before this, in Unix seconds.
            kept: The session whose tokens stay good.
            now: The time.
            session: The transaction.
        """
        revocation = Revocation(
            email=email, session=None, before=float(before), except_session=kept
        )
        await self._repository.add(revocation, expires_at=now + self._life, session=session)
