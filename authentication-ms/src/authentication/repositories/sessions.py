"""The collections `sessions` and `refresh_tokens`; both forget what has expired."""

from datetime import datetime
from typing import Any

from authentication.models.sessions import RefreshToken, Session
from shopkit.storage import mongo
from shopkit.storage.mongo import Database, Document

SESSIONS = "sessions"
REFRESH_TOKENS = "refresh_tokens"


class SessionRepository:
    """Reads and changes sessions and their refresh tokens.

    A rotation and a revocation both write the session's document, so that none can slip past the
    other.
    """

    def __init__(self, database: Database) -> None:
        self._sessions = database[SESSIONS]
        self._tokens = database[REFRESH_TOKENS]

    async def add(
        self, opened: Session, *, now: datetime, expires_at: datetime, session: mongo.Session
    ) -> None:
        """Add a session."""
        await self._sessions.insert_one(
            {
                "_id": opened.id,
                "account_id": opened.account_id,
                "created_at": now,
                "expires_at": expires_at,
                "revoked_at": None,
            },
            session=session,
        )

    async def prolong(
        self, family: str, *, expires_at: datetime, session: mongo.Session
    ) -> Session | None:
        """Prolong a session that is not revoked."""
        row = await self._sessions.find_one_and_update(
            {"_id": family, "revoked_at": None},
            {"$max": {"expires_at": expires_at}},
            session=session,
        )
        return Session(id=row["_id"], account_id=row["account_id"]) if row else None

    async def revoke(self, family: str, *, now: datetime, session: mongo.Session) -> bool:
        """Revoke a session; return whether it was not revoked before."""
        result = await self._sessions.update_one(
            {"_id": family, "revoked_at": None}, {"$set": {"revoked_at": now}}, session=session
        )
        return result.modified_count == 1

    async def revoke_others(
        self, account_id: Any, *, kept: str | None, now: datetime, session: mongo.Session
    ) -> None:
        """Revoke every session of an account but one."""
        await self._sessions.update_many(
            {"account_id": account_id, "_id": {"$ne": kept}, "revoked_at": None},
            {"$set": {"revoked_at": now}},
            session=session,
        )

    async def add_token(self, token: RefreshToken, *, session: mongo.Session) -> None:
        """Add a refresh token."""
        await self._tokens.insert_one(
            {
                "_id": token.digest,
                "family": token.family,
                "expires_at": token.expires_at,
                "by_cookie": token.by_cookie,
                "spent_at": token.spent_at,
            },
            session=session,
        )

    async def spend(
        self, digest: str, *, now: datetime, session: mongo.Session
    ) -> RefreshToken | None:
        """Spend a refresh token that is neither spent nor expired: one caller gets it, ever."""
        row = await self._tokens.find_one_and_update(
            {"_id": digest, "spent_at": None, "expires_at": {"$gt": now}},
            {"$set": {"spent_at": now}},
            session=session,
        )
        return _token(row)

    async def find_token(self, digest: str, *, session: mongo.Session) -> RefreshToken | None:
        """Return a refresh token, spent or not."""
        return _token(await self._tokens.find_one({"_id": digest}, session=session))


def _token(row: Document | None) -> RefreshToken | None:
    if row is None:
        return None
    return RefreshToken(
        digest=row["_id"],
        family=row["family"],
        expires_at=row["expires_at"],
        by_cookie=row["by_cookie"],
        spent_at=row["spent_at"],
    )
