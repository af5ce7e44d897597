"""The collection `mails`: what to send, what was sent, and what an admin has to look at."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pymongo import DESCENDING, ReturnDocument

from shopkit.clock import Clock
from shopkit.storage.keyset import Keyset, text_key, time_key
from shopkit.storage.migrations import ensure_collection
from shopkit.storage.mongo import Database, Document, Session
from shopkit.storage.unit_of_work import Mail

COLLECTION = "mails"
LEASE = timedelta(minutes=1)
"""How long a mail belongs to the process that sends it. It is longer than an attempt may take."""
RETENTION = timedelta(days=30)
"""How long it stays known that a mail was sent, to whom, and when."""
MAX_COUNT = 10_000
"""The maximum that `measure` counts to."""

_MAX_REASON = 2_000
_NEWEST = Keyset(time_key("created_at", DESCENDING), text_key("_id", DESCENDING))
_WAITING = {"status": "waiting"}


class MailStatus(StrEnum):
    """What happened to a mail. A parked one waits for an admin."""

    WAITING = "waiting"
    SENT = "sent"
    EXPIRED = "expired"
    PARKED = "parked"
    DISCARDED = "discarded"


_SCHEMA = {
    "bsonType": "object",
    "required": ["cause", "template", "recipient", "status", "created_at", "attempts"],
    "properties": {
        "status": {"enum": [status.value for status in MailStatus]},
        "created_at": {"bsonType": "date"},
        "data": {"bsonType": "object"},
    },
}


@dataclass(frozen=True, slots=True)
class StoredMail:
    """A mail and what happened to it.

    Attributes:
        mail: The mail. Its data is empty once it was sent or discarded.
        status: What happened to it.
        created_at: When the change asked for it.
        attempts: How many attempts to send it have failed.
        retry_since: When the first attempt was due. "Send again" starts this time again.
        reason: Why it was not sent: the last answer of the SMTP server, or an error.
        changed_at: When it was sent, parked, discarded or found expired. None while it waits.
    """

    mail: Mail
    status: MailStatus
    created_at: datetime
    attempts: int
    retry_since: datetime
    reason: str | None
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many mails are not sent.

    Attributes:
        waiting: The mails that wait, at most 10,000.
        oldest: When the oldest of them was asked for.
        parked: The mails that wait for an admin, at most 10,000.
    """

    waiting: int
    oldest: datetime | None
    parked: int


class Mails:
    """Reads and writes mails.

    Args:
        database: The database.
        clock: The database's clock, because other processes read the leases.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._mails = database[COLLECTION]
        self._clock = clock
        self._owner = secrets.token_hex(8)

    @staticmethod
    async def migrate(database: Database) -> None:
        """Create the collection, its indexes, and the index that expires mails."""
        await ensure_collection(database, COLLECTION, _SCHEMA)
        mails = database[COLLECTION]
        await mails.create_index("leased_until", name="due", partialFilterExpression=_WAITING)
        await mails.create_index("created_at", name="oldest", partialFilterExpression=_WAITING)
        await mails.create_index(_NEWEST.sort, name="newest")
        await mails.create_index([("status", 1), *_NEWEST.sort], name="newest_by_status")
        await mails.create_index("expire_at", name="expiry", expireAfterSeconds=0)

    async def add(self, mails: Sequence[Mail], *, session: Session) -> None:
        """Store the mails that are not stored yet.

        They are read first, so that an event that arrives again inserts nothing. In a transaction
        a duplicate key would end it.
        """
        by_id = {mail.id: mail for mail in mails}
        rows = self._mails.find({"_id": {"$in": list(by_id)}}, {"_id": 1}, session=session)
        for row in await rows.to_list():
            del by_id[row["_id"]]
        if by_id:
            now = self._clock()
            documents = [_document(mail, now) for mail in by_id.values()]
            await self._mails.insert_many(documents, session=session)

    async def lease(self) -> StoredMail | None:
        """Lease the mail that has been due for longest, or return None if none is due.

        The write has majority concern. So the mail that it returns was committed by a majority, and
        no mail is sent whose change is rolled back later.
        """
        now = self._clock()
        document = await self._mails.find_one_and_update(
            {**_WAITING, "leased_until": {"$lte": now}},
            {"$set": {"leased_until": now + LEASE, "leased_by": self._owner}},
            sort=[("leased_until", 1)],
            return_document=ReturnDocument.AFTER,
        )
        return _stored(document) if document else None

    async def mark_sent(self, mail_id: str) -> None:
        """Store that a mail was sent. Its data is deleted."""
        await self._close(mail_id, MailStatus.SENT, None)

    async def mark_expired(self, mail_id: str) -> None:
        """Store that a mail was not sent, because its link would no longer work."""
        await self._close(mail_id, MailStatus.EXPIRED, None)

    async def postpone(self, mail_id: str, delay: timedelta, reason: str) -> None:
        """Send a mail later, because an attempt failed."""
        await self._mails.update_one(
            {"_id": mail_id, **_WAITING, "leased_by": self._owner},
            {
                "$set": {"leased_until": self._clock() + delay, "reason": reason[:_MAX_REASON]},
                "$inc": {"attempts": 1},
            },
        )

    async def park(self, mail_id: str, reason: str) -> None:
        """Set a mail aside for an admin. It keeps its data and does not expire."""
        await self._mails.update_one(
            {"_id": mail_id, **_WAITING, "leased_by": self._owner},
            {
                "$set": {
                    "status": MailStatus.PARKED,
                    "reason": reason[:_MAX_REASON],
                    "changed_at": self._clock(),
                },
                "$inc": {"attempts": 1},
            },
        )

    async def send_again(self, mail_id: str, *, session: Session) -> bool:
        """Let a parked mail wait again, and return whether it was parked."""
        now = self._clock()
        result = await self._mails.update_one(
            {"_id": mail_id, "status": MailStatus.PARKED},
            {
                "$set": {
                    **_WAITING,
                    "leased_until": now,
                    "attempts": 0,
                    "retry_since": now,
                    "changed_at": None,
                }
            },
            session=session,
        )
        return bool(result.matched_count)

    async def discard(self, mail_id: str, *, session: Session) -> bool:
        """Discard a parked mail and its data, and return whether it was parked."""
        result = await self._mails.update_one(
            {"_id": mail_id, "status": MailStatus.PARKED},
            self._closing(MailStatus.DISCARDED),
            session=session,
        )
        return bool(result.matched_count)

    async def find_by_id(self, mail_id: str, *, session: Session = None) -> StoredMail | None:
        """Return a mail."""
        document = await self._mails.find_one({"_id": mail_id}, session=session)
        return _stored(document) if document else None

    async def page(
        self, status: MailStatus | None, *, limit: int, cursor: str | None
    ) -> tuple[list[StoredMail], str | None]:
        """Return a page of mails, newest first, and the cursor of the next page.

        Raises:
            shopkit.storage.keyset.InvalidCursorError: The cursor does not belong to this list.
        """
        query: Document = {"status": status} if status else {}
        rows, next_cursor = await _NEWEST.page(self._mails, query, limit=limit, cursor=cursor)
        return [_stored(row) for row in rows], next_cursor

    async def measure(self) -> Backlog:
        """Return how many mails are not sent."""
        oldest = await self._mails.find_one(_WAITING, {"created_at": 1}, sort=[("created_at", 1)])
        return Backlog(
            waiting=await self._mails.count_documents(_WAITING, limit=MAX_COUNT),
            oldest=oldest["created_at"] if oldest else None,
            parked=await self._mails.count_documents(
                {"status": MailStatus.PARKED}, limit=MAX_COUNT
            ),
        )

    async def _close(self, mail_id: str, status: MailStatus, session: Session) -> None:
        await self._mails.update_one(
            {"_id": mail_id, **_WAITING}, self._closing(status), session=session
        )

    def _closing(self, status: MailStatus) -> Document:
        now = self._clock()
        return {
            "$set": {"status": status, "changed_at": now, "expire_at": now + RETENTION},
            "$unset": {"data": "", "leased_until": "", "leased_by": ""},
        }


def _document(mail: Mail, now: datetime) -> dict[str, Any]:
    return {
        "_id": mail.id,
        "cause": mail.cause,
        "template": mail.template,
        "recipient": mail.recipient,
        "data": dict(mail.data),
        **_WAITING,
        "created_at": now,
        "retry_since": now,
        "leased_until": now,
        "attempts": 0,
        "reason": None,
        "changed_at": None,
    }


def _stored(document: Document) -> StoredMail:
    return StoredMail(
        mail=Mail(
            cause=document["cause"],
            template=document["template"],
            recipient=document["recipient"],
            data=document.get("data", {}),
        ),
        status=MailStatus(document["status"]),
        created_at=document["created_at"],
        attempts=document["attempts"],
        retry_since=document["retry_since"],
        reason=document["reason"],
        changed_at=document["changed_at"],
    )
