"""Revokes access tokens, which the gateway then refuses before they expire."""

from datetime import datetime, timedelta

from authentication.models.account import Account
from authentication.models.login_session import Revocation
from authentication.repositories.revocations import RevocationRepository
from shopkit.clock import Clock
from shopkit.security_events import SecurityEvent
from shopkit.storage.unit_of_work import UnitOfWork

CLOCK_SKEW = timedelta(minutes=1)
"""How much longer than an access token a revocation is kept, because clocks differ."""

PAGE = 1_000


class RevocationService:
    """Revokes access tokens in the transaction of the change that requires it."""

    def __init__(
        self,
        revocations: RevocationRepository,
        *,
        access_token_lifetime: timedelta,
        clock: Clock,
    ) -> None:
        self._revocations = revocations
        self._lifetime = access_token_lifetime + CLOCK_SKEW
        self._clock = clock

    async def page(self, cursor: str | None) -> tuple[list[Revocation], str | None]:
        """Return some revocations that concern tokens which have not expired, and the next cursor.

        Raises:
            shopkit.storage.keyset.InvalidCursorError: The cursor does not belong to this list.
        """
        return await self._revocations.page(self._clock(), limit=PAGE, cursor=cursor)

    async def revoke_session(self, session_id: str, *, now: datetime, unit: UnitOfWork) -> None:
        """Revoke the tokens of a log-in session."""
        revocation = Revocation(
            account=None,
            email=None,
            session=session_id,
            before=now.timestamp(),
            except_session=None,
        )
        await self._insert(revocation, now, unit)

    async def revoke_account(
        self,
        account: Account,
        *,
        before: int,
        except_session: str | None = None,
        now: datetime,
        unit: UnitOfWork,
    ) -> None:
        """Revoke the tokens of an account.

        Args:
            account: The account.
            before: The time of issue, in Unix seconds, before which tokens are revoked.
            except_session: The log-in session whose tokens stay valid.
            now: The current time.
            unit: The unit of work of the change.
        """
        revocation = Revocation(
            account=str(account.id),
            email=account.email,
            session=None,
            before=float(before),
            except_session=except_session,
        )
        await self._insert(revocation, now, unit)

    async def _insert(self, revocation: Revocation, now: datetime, unit: UnitOfWork) -> None:
        await self._revocations.insert(
            revocation, expires_at=now + self._lifetime, session=unit.session
        )
        unit.report(SecurityEvent.ACCESS_REVOKED, account_id=revocation.account or "")
