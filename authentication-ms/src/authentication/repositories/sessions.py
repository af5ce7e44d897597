"""The collections `sessions` and `refresh_tokens`. Documents are deleted after they expire."""

from datetime import datetime
from typing import Any

from pymongo import DESCENDING

from authentication.models.device import UNKNOWN
from authentication.models.login_session import LoginSession, RefreshToken
from shopkit.storage.mongo import Database, Document, Session

SESSIONS = "sessions"
REFRESH_TOKENS = "refresh_tokens"
DELETED_LIMIT = 100


class SessionRepository:
    """Reads and writes log-in sessions and their refresh tokens.

    A refresh and a revocation both write the document of the log-in session, so that concurrent
    ones conflict. In all methods `session` is the database transaction.
    """

    def __init__(self, database: Database) -> None:
        self._sessions = database[SESSIONS]
        self._tokens = database[REFRESH_TOKENS]

    async def insert(self, login: LoginSession, *, expires_at: datetime, session: Session) -> None:
        """Store a new log-in session."""
        await self._sessions.insert_one(
            {
                "_id": login.id,
                "account_id": login.account_id,
                "created_at": login.started_at,
                "last_used_at": login.last_used_at,
                "device": login.device,
                "expires_at": expires_at,
                "revoked_at": None,
            },
            session=session,
        )

    async def delete_oldest(self, account_id: Any, *, keep: int, session: Session) -> None:
        """Delete the oldest log-in sessions of an account, at most 100 at a time.

        Args:
            account_id: The account.
            keep: How many of the newest ones to keep.
            session: The transaction.
        """
        newest_first = self._sessions.find({"account_id": account_id}, {"_id": 1}, session=session)
        oldest = newest_first.sort("created_at", DESCENDING).skip(keep).limit(DELETED_LIMIT)
        ids = [document["_id"] async for document in oldest]
        if ids:
            await self._sessions.delete_many({"_id": {"$in": ids}}, session=session)

    async def extend(
        self,
        session_id: str,
        *,
        now: datetime,
        started_after: datetime,
        expires_at: datetime,
        session: Session,
    ) -> LoginSession | None:
        """Extend a log-in session, or return None if it is revoked or started too long ago."""
        document = await self._sessions.find_one_and_update(
            {"_id": session_id, "revoked_at": None, "created_at": {"$gt": started_after}},
            {"$max": {"expires_at": expires_at}, "$set": {"last_used_at": now}},
            session=session,
        )
        return _login(document) if document else None

    async def list_open(self, account_id: Any, *, now: datetime, limit: int) -> list[LoginSession]:
        """Return the log-in sessions of an account that can be continued, newest first."""
        documents = self._sessions.find(
            {"account_id": account_id, "revoked_at": None, "expires_at": {"$gt": now}}
        )
        newest = documents.sort("created_at", DESCENDING).limit(limit)
        return [_login(document) async for document in newest]

    async def belongs_to(self, session_id: str, account_id: Any, *, session: Session) -> bool:
        """Return whether a log-in session is one of an account."""
        query = {"_id": session_id, "account_id": account_id}
        return await self._sessions.find_one(query, {"_id": 1}, session=session) is not None

    async def find_owner(self, session_id: str, *, session: Session) -> str:
        """Return the account id of a log-in session, empty if the session was deleted."""
        document = await self._sessions.find_one(
            {"_id": session_id}, {"account_id": 1}, session=session
        )
        return str(document["account_id"]) if document else ""

    async def revoke(self, session_id: str, *, now: datetime, session: Session) -> bool:
        """Revoke a log-in session, and return whether it was not revoked before."""
        result = await self._sessions.update_one(
            {"_id": session_id, "revoked_at": None}, {"$set": {"revoked_at": now}}, session=session
        )
        return result.modified_count == 1

    async def revoke_all(
        self, account_id: Any, *, except_session: str | None, now: datetime, session: Session
    ) -> None:
        """Revoke all log-in sessions of an account except one."""
        await self._sessions.update_many(
            {"account_id": account_id, "_id": {"$ne": except_session}, "revoked_at": None},
            {"$set": {"revoked_at": now}},
            session=session,
        )

    async def insert_token(self, token: RefreshToken, *, session: Session) -> None:
        """Store a new refresh token."""
        await self._tokens.insert_one(
            {
                "_id": token.digest,
                "family": token.session_id,
                "expires_at": token.expires_at,
                "by_cookie": token.by_cookie,
                "spent_at": token.spent_at,
            },
            session=session,
        )

    async def spend_token(
        self, digest: str, *, now: datetime, session: Session
    ) -> RefreshToken | None:
        """Spend a refresh token, or return None if it is unknown, spent or expired.

        Only one caller ever receives the token.
        """
        document = await self._tokens.find_one_and_update(
            {"_id": digest, "spent_at": None, "expires_at": {"$gt": now}},
            {"$set": {"spent_at": now}},
            session=session,
        )
        return _token(document) if document else None

    async def find_token(self, digest: str, *, session: Session) -> RefreshToken | None:
        """Return a refresh token, spent or not."""
        document = await self._tokens.find_one({"_id": digest}, session=session)
        return _token(document) if document else None


def _login(document: Document) -> LoginSession:
    return LoginSession(
        id=document["_id"],
        account_id=document["account_id"],
        started_at=document["created_at"],
        # Replicas of the previous release store neither.
        last_used_at=document.get("last_used_at") or document["created_at"],
        device=document.get("device") or UNKNOWN,
    )


def _token(document: Document) -> RefreshToken:
    return RefreshToken(
        digest=document["_id"],
        session_id=document["family"],
        expires_at=document["expires_at"],
        by_cookie=document["by_cookie"],
        spent_at=document["spent_at"],
    )
