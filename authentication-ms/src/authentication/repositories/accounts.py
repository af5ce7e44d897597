"""The collection `users`, and the document that protects the last admin."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from authentication.models.account import Account, AccountRole
from authentication.models.email_address import normalize
from shopkit.storage.email_search import EmailSearch
from shopkit.storage.keyset import Keyset, text_key
from shopkit.storage.mongo import Database, Document, Session

USERS = "users"
GUARDS = "guards"
_ADMINS_GUARD = "admins"

ADDRESSES = EmailSearch("email")
_BY_EMAIL = Keyset(text_key("email", ASCENDING))


class AccountRepository:
    """Reads and writes accounts."""

    def __init__(self, database: Database) -> None:
        self._users = database[USERS]
        self._guards = database[GUARDS]

    async def find_by_email(self, email: str, *, session: Session = None) -> Account | None:
        """Return the account with this normalized email address."""
        document = await self._users.find_one({"email": email}, session=session)
        return _account(document) if document else None

    async def find_ids(self, emails: Collection[str]) -> dict[str, str]:
        """Return the ids of the accounts with these normalized email addresses, by address."""
        documents = self._users.find({"email": {"$in": list(emails)}}, {"email": 1})
        return {document["email"]: str(document["_id"]) async for document in documents}

    async def find_by_id(self, account_id: Any, *, session: Session = None) -> Account | None:
        """Return the account with this id."""
        document = await self._users.find_one({"_id": account_id}, session=session)
        return _account(document) if document else None

    async def page(
        self, *, limit: int, cursor: str | None, beginning: str | None = None
    ) -> tuple[list[Account], str | None]:
        """Return a page of accounts, ordered by email address, and the cursor of the next page.

        Args:
            limit: The maximum number of accounts.
            cursor: The cursor of the page before, or None for the first page.
            beginning: The beginning of the email address, or of its domain. None for all accounts.

        Raises:
            shopkit.storage.keyset.InvalidCursorError: The cursor does not belong to this list.
        """
        query = {} if beginning is None else ADDRESSES.matching(beginning)
        documents, next_cursor = await _BY_EMAIL.page(
            self._users, query, limit=limit, cursor=cursor
        )
        return [_account(document) for document in documents], next_cursor

    async def add_missing_keys(self, limit: int) -> int:
        """Add the keys of up to `limit` addresses that lack them."""
        return await ADDRESSES.add_missing_keys(self._users, limit)

    async def has_other_admin(self, account: Account, *, session: Session) -> bool:
        """Return whether another account is an admin."""
        query = {"role": AccountRole.ADMIN.value, "_id": {"$ne": account.id}}
        return await self._users.find_one(query, {"_id": 1}, session=session) is not None

    async def insert(
        self,
        *,
        email: str,
        role: AccountRole,
        password_hash: str,
        now: datetime,
        session: Session,
        account_id: ObjectId | None = None,
        verified: bool = False,
    ) -> Account:
        """Store a new account.

        Args:
            email: The email address, as its owner typed it.
            role: The role.
            password_hash: The hash of the password.
            now: The time.
            session: The transaction.
            account_id: The id, None for a new one.
            verified: Whether the owner has proved to receive mail at the email address.

        Raises:
            pymongo.errors.DuplicateKeyError: Another account has the email address. In a
                transaction check that first, because the error makes it run again.
        """
        document: Document = {
            "_id": account_id or ObjectId(),
            "email": normalize(email),
            **ADDRESSES.keys(normalize(email)),
            "shown_email": email,
            "role": role.value,
            "password_hash": password_hash,
            "created_at": now,
            "verified": verified,
        }
        await self._users.insert_one(document, session=session)
        return _account(document)

    async def insert_if_new(
        self,
        *,
        email: str,
        role: AccountRole,
        password_hash: str,
        now: datetime,
        account_id: ObjectId | None = None,
        verified: bool = False,
    ) -> Account | None:
        """Store a new account without a transaction, or return None if the address is taken."""
        try:
            return await self.insert(
                email=email,
                role=role,
                password_hash=password_hash,
                now=now,
                session=None,
                account_id=account_id,
                verified=verified,
            )
        except DuplicateKeyError:
            return None

    async def record_login(
        self, account: Account, *, password_hash: str, iat: int, session: Session
    ) -> bool:
        """Store a token's time of issue and a hash, and return whether the password is unchanged.

        Args:
            account: The account whose password was checked.
            password_hash: The hash to store, which is of the password itself.
            iat: The time of issue.
            session: The transaction.
        """
        result = await self._users.update_one(
            {"_id": account.id, "password_hash": account.password_hash},
            {
                "$set": {"password_hash": password_hash},
                "$unset": {"wrapped_sha256": ""},
                "$max": {"newest_iat": iat},
            },
            session=session,
        )
        return result.matched_count == 1

    async def record_token(self, account: Account, *, iat: int, session: Session) -> None:
        """Store a token's time of issue."""
        await self._users.update_one(
            {"_id": account.id}, {"$max": {"newest_iat": iat}}, session=session
        )

    async def update_password(
        self, account: Account, *, password_hash: str, least_iat: int, session: Session
    ) -> bool:
        """Replace the password, and return whether it was unchanged since the account was read."""
        result = await self._users.update_one(
            {"_id": account.id, "password_hash": account.password_hash},
            {
                "$set": {"password_hash": password_hash, "least_iat": least_iat},
                "$unset": {"wrapped_sha256": ""},
            },
            session=session,
        )
        return result.matched_count == 1

    async def replace_password(
        self, account: Account, *, password_hash: str, least_iat: int, session: Session
    ) -> None:
        """Replace the password of an account whose owner has proved to receive its mail."""
        await self._users.update_one(
            {"_id": account.id},
            {
                "$set": {
                    "password_hash": password_hash,
                    "least_iat": least_iat,
                    "verified": True,
                },
                "$unset": {"wrapped_sha256": ""},
            },
            session=session,
        )

    async def set_verified(self, account: Account, *, session: Session) -> None:
        """Store that the owner has proved to receive mail at the email address."""
        await self._users.update_one(
            {"_id": account.id, "email": account.email},
            {"$set": {"verified": True}},
            session=session,
        )

    async def update_email(
        self, account: Account, email: str, *, least_iat: int, session: Session
    ) -> None:
        """Replace the email address, at which the owner has proved to receive mail.

        Args:
            account: The account.
            email: The new address, as its owner typed it.
            least_iat: The earliest time of issue that is not revoked.
            session: The transaction.

        Raises:
            pymongo.errors.DuplicateKeyError: Another account has the email address. In a
                transaction check that first, because the error makes it run again.
        """
        await self._users.update_one(
            {"_id": account.id},
            {
                "$set": {
                    "email": normalize(email),
                    **ADDRESSES.keys(normalize(email)),
                    "shown_email": email,
                    "verified": True,
                    "least_iat": least_iat,
                }
            },
            session=session,
        )

    async def update_profile(
        self, account_id: Any, changes: Mapping[str, str | None]
    ) -> Account | None:
        """Replace the name or the locale, and return the account, or None if it was deleted."""
        document = await self._users.find_one_and_update(
            {"_id": account_id}, {"$set": dict(changes)}, return_document=ReturnDocument.AFTER
        )
        return _account(document) if document else None

    async def revoke_tokens(self, account: Account, *, least_iat: int, session: Session) -> None:
        """Store the earliest time of issue that is not revoked."""
        await self._users.update_one(
            {"_id": account.id}, {"$set": {"least_iat": least_iat}}, session=session
        )

    async def lock(self, account_id: Any, *, session: Session) -> bool:
        """Write an account, so that two changes of what it owns conflict. Return if it exists."""
        result = await self._users.update_one(
            {"_id": account_id}, {"$inc": {"changes": 1}}, session=session
        )
        return result.matched_count == 1

    async def update_role(
        self, account: Account, *, role: AccountRole, least_iat: int, session: Session
    ) -> None:
        """Replace the role of an account that was read in the same transaction."""
        await self._users.update_one(
            {"_id": account.id, "role": account.role.value},
            {"$set": {"role": role.value, "least_iat": least_iat}},
            session=session,
        )

    async def lock_admins(self, *, session: Session) -> None:
        """Write a document that every change of a role writes, so that two changes conflict."""
        await self._guards.update_one(
            {"_id": _ADMINS_GUARD}, {"$inc": {"changes": 1}}, upsert=True, session=session
        )


def _account(document: Document) -> Account:
    return Account(
        id=document["_id"],
        email=document["email"],
        shown_email=document.get("shown_email") or document["email"],
        role=AccountRole(document["role"]),
        password_hash=document["password_hash"],
        wrapped_sha256=document.get("wrapped_sha256", False),
        newest_iat=document.get("newest_iat", 0),
        least_iat=document.get("least_iat", 0),
        created_at=document.get("created_at"),
        verified=document.get("verified", False),
        name=document.get("name"),
        locale=document.get("locale"),
    )
