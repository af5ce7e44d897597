"""The collection `revocations`: what the gateway refuses for the life of an access token."""

from collections.abc import Sequence
from datetime import datetime

from bson import ObjectId

from authentication.models.sessions import Revocation
from shopkit.storage.mongo import Database, Session

REVOCATIONS = "revocations"


class RevocationRepository:
    """Keeps revocations until the tokens that they concern have expired."""

    def __init__(self, database: Database) -> None:
        self._revocations = database[REVOCATIONS]

    async def add(self, revocation: Revocation, *, expires_at: datetime, session: Session) -> None:
        """Add a revocation."""
        await self._revocations.insert_one(
            {
                "_id": ObjectId(),
                "email": revocation.email,
                "session": revocation.session,
                "before": revocation.before,
                "except_session": revocation.except_session,
                "expires_at": expires_at,
            },
            session=session,
        )

    async def current(self, now: datetime) -> Sequence[Revocation]:
        """Return all that have not expired."""
        rows = self._revocations.find({"expires_at": {"$gt": now}}, {"_id": 0, "expires_at": 0})
        return [Revocation(**row) async for row in rows]
