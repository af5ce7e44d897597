"""The collection `mail_links`: the links in mails, with hashes of their tokens."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from pymongo import DESCENDING

from authentication.models.mail_link import LinkKind, MailLink
from shopkit.storage.mongo import Database, Document, Session

MAIL_LINKS = "mail_links"
KEPT_FOR = timedelta(days=30)
"""How long it stays known that a link expired, so that its page can say so."""


class MailLinkRepository:
    """Reads and writes links."""

    def __init__(self, database: Database) -> None:
        self._links = database[MAIL_LINKS]

    async def insert(self, link: MailLink, *, session: Session) -> None:
        """Store a new link, which has no token yet."""
        await self._links.insert_one(
            {
                "_id": link.id,
                "kind": link.kind,
                "account_id": link.account_id,
                "email": link.email,
                "digests": [],
                "created_at": link.created_at,
                "expires_at": link.expires_at,
                "closed_at": None,
                "delete_at": link.expires_at + KEPT_FOR,
            },
            session=session,
        )

    async def add_token(self, link_id: str, digest: str, *, now: datetime) -> bool:
        """Add the hash of a token to a link, and return whether the link can be used.

        A mail that is sent twice has two tokens. Both work until one of them is used.
        """
        result = await self._links.update_one(
            {"_id": link_id, "closed_at": None, "expires_at": {"$gt": now}},
            {"$addToSet": {"digests": digest}},
        )
        return result.matched_count == 1

    async def find_by_token(
        self, digest: str, kind: LinkKind, *, session: Session = None
    ) -> MailLink | None:
        """Return the link with this token, usable or not."""
        document = await self._links.find_one({"digests": digest, "kind": kind}, session=session)
        return _link(document) if document else None

    async def find_usable(
        self, account_id: Any, kind: LinkKind, *, now: datetime
    ) -> MailLink | None:
        """Return the newest link of a kind of an account that can be used."""
        document = await self._links.find_one(
            {
                "account_id": account_id,
                "kind": kind,
                "closed_at": None,
                "expires_at": {"$gt": now},
            },
            sort=[("created_at", DESCENDING)],
        )
        return _link(document) if document else None

    async def count_since(
        self, account_id: Any, kind: LinkKind, since: datetime, *, session: Session
    ) -> int:
        """Return how many links an account has requested since a time."""
        return await self._links.count_documents(
            {"account_id": account_id, "kind": kind, "created_at": {"$gt": since}}, session=session
        )

    async def close(
        self, account_id: Any, kinds: Collection[LinkKind], *, now: datetime, session: Session
    ) -> None:
        """Close all links of some kinds of an account. They cannot be used any longer."""
        await self._links.update_many(
            {"account_id": account_id, "kind": {"$in": list(kinds)}, "closed_at": None},
            {"$set": {"closed_at": now}},
            session=session,
        )


def _link(document: Document) -> MailLink:
    return MailLink(
        id=document["_id"],
        kind=LinkKind(document["kind"]),
        account_id=document["account_id"],
        email=document["email"],
        created_at=document["created_at"],
        expires_at=document["expires_at"],
        closed_at=document["closed_at"],
    )
