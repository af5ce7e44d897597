"""The collection `reserved_emails`: addresses that accounts had, and may get back."""

from datetime import datetime
from typing import Any

from shopkit.storage.mongo import Database, Session

RESERVED_EMAILS = "reserved_emails"


class ReservedEmailRepository:
    """Reads and writes reservations of normalized email addresses."""

    def __init__(self, database: Database) -> None:
        self._emails = database[RESERVED_EMAILS]

    async def is_reserved(
        self, email: str, *, now: datetime, session: Session, except_account: Any = None
    ) -> bool:
        """Return whether another account may still get an address back."""
        query = {"_id": email, "expires_at": {"$gt": now}, "account_id": {"$ne": except_account}}
        return await self._emails.find_one(query, {"_id": 1}, session=session) is not None

    async def reserve(
        self, email: str, account_id: Any, *, until: datetime, session: Session
    ) -> None:
        """Reserve an address for an account."""
        await self._emails.replace_one(
            {"_id": email},
            {"account_id": account_id, "expires_at": until},
            upsert=True,
            session=session,
        )

    async def release_all(self, account_id: Any, *, session: Session) -> None:
        """End all reservations of an account."""
        await self._emails.delete_many({"account_id": account_id}, session=session)
