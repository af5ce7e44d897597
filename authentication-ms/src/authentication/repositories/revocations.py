"""The collection `revocations`. Documents expire with the access tokens that they concern."""

from collections.abc import Sequence
from datetime import datetime

from bson import ObjectId

from authentication.models.login_session import Revocation
from shopkit.storage.mongo import Database, Session

REVOCATIONS = "revocations"


class RevocationRepository:
    """Reads and writes revocations."""

    def __init__(self, database: Database) -> None:
        self._revocations = database[REVOCATIONS]

    async def insert(
        self, revocation: Revocation, *, expires_at: datetime, session: Session
    ) -> None:
        """Store a new revocation."""
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

    async def find_unexpired(self, now: datetime) -> Sequence[Revocation]:
        """Return all revocations that have not expired."""
        documents = self._revocations.find(
            {"expires_at": {"$gt": now}}, {"_id": 0, "expires_at": 0}
        )
        return [Revocation(**document) async for document in documents]
