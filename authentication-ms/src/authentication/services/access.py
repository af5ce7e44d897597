"""Ends the access that an account's sessions and tokens give."""

from datetime import datetime

from authentication.models.account import Account
from authentication.repositories.sessions import SessionRepository
from authentication.services.revocations import RevocationService
from shopkit.storage.unit_of_work import UnitOfWork


class AccessService:
    """Ends the sessions of an account in the transaction of the change that requires it."""

    def __init__(self, sessions: SessionRepository, revocations: RevocationService) -> None:
        self._sessions = sessions
        self._revocations = revocations

    async def end_sessions(
        self,
        account: Account,
        *,
        before: int,
        except_session: str | None = None,
        now: datetime,
        unit: UnitOfWork,
    ) -> None:
        """End all sessions of an account, and revoke its access tokens.

        Args:
            account: The account.
            before: The time of issue, in Unix seconds, before which tokens are revoked. The caller
                stores it in the account.
            except_session: The session that continues.
            now: The current time.
            unit: The unit of work of the change.
        """
        await self._sessions.revoke_all(
            account.id, except_session=except_session, now=now, session=unit.session
        )
        await self._revocations.revoke_account(
            account, before=before, except_session=except_session, now=now, unit=unit
        )
