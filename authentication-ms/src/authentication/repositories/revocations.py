"""The collection `revocations`. Documents expire with the access tokens that they concern."""

from datetime import datetime

from bson import ObjectId
from pymongo import ASCENDING

from authentication.models.login_session import Revocation
from shopkit.storage.keyset import Keyset, id_key
from shopkit.storage.mongo import Database, Document, Session

REVOCATIONS = "revocations"

_OLDEST = Keyset(id_key(ASCENDING))


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
                "account": revocation.account,
                "email": revocation.email,
                "session": revocation.session,
                "before": revocation.before,
                "except_session": revocation.except_session,
                "expires_at": expires_at,
            },
            session=session,
        )

    async def page(
        self, now: datetime, *, limit: int, cursor: str | None
    ) -> tuple[list[Revocation], str | None]:
        """Return a page of the revocations that have not expired, and the cursor of the next page.

        Raises:
            shopkit.storage.keyset.InvalidCursorError: The cursor does not belong to this list.
        """
        documents, next_cursor = await _OLDEST.page(
            self._revocations, {"expires_at": {"$gt": now}}, limit=limit, cursor=cursor
        )
        return [_revocation(document) for document in documents], next_cursor


def _revocation(document: Document) -> Revocation:
    return Revocation(
        # Replicas of the previous release store no account.
        account=document.get("account"),
        email=document["email"],
        session=document["session"],
        before=document["before"],
        except_session=document["except_session"],
    )
