"""The collection `reset_requests`: email addresses for which someone wants to reset a password.

A request writes one document, whether or not there is an account. A loop looks the account up.
"""

from datetime import datetime

from pymongo.errors import DuplicateKeyError

from shopkit.storage.mongo import Database, Session

RESET_REQUESTS = "reset_requests"


class ResetRequestRepository:
    """Reads and writes requests. An address has at most one."""

    def __init__(self, database: Database) -> None:
        self._requests = database[RESET_REQUESTS]

    async def add(self, email: str, *, now: datetime) -> None:
        """Store a request for a normalized email address."""
        try:
            await self._requests.replace_one({"_id": email}, {"requested_at": now}, upsert=True)
        except DuplicateKeyError:
            # Another request for the address was stored at the same moment.
            return

    async def find_oldest(self) -> str | None:
        """Return the address of the oldest request."""
        document = await self._requests.find_one({}, sort=[("requested_at", 1)])
        return document["_id"] if document else None

    async def remove(self, email: str, *, session: Session) -> bool:
        """Remove a request, and return whether it was still there."""
        result = await self._requests.delete_one({"_id": email}, session=session)
        return result.deleted_count == 1
