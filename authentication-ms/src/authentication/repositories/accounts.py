"""The collection `users`, and the document that guards the last admin."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from authentication.models.accounts import Account, AccountRole
from shopkit.storage.mongo import Database, Document, Session

USERS = "users"
GUARDS = "guards"
ADMINS_GUARD = "admins"


class AccountRepository:
    """Reads and changes accounts; each change is one conditional update."""

    def __init__(self, database: Database) -> None:
        self._users = database[USERS]
        self._guards = database[GUARDS]

    async def find(self, email: str, *, session: Session = None) -> Account | None:
        """Return the account with this e-mail."""
        return _account(await self._users.find_one({"email": email}, session=session))

    async def find_by_id(self, account_id: Any, *, session: Session) -> Account | None:
        """Return the account with this id."""
        return _account(await self._users.find_one({"_id": account_id}, session=session))

    async def page(self, *, after_email: str, limit: int) -> Sequence[Account]:
        """Return accounts in the order of their e-mails, those after one."""
        found = self._users.find({"email": {"$gt": after_email}}).sort("email").limit(limit)
        return [_read(row) for row in await found.to_list()]

    async def count_admins(self, *, session: Session) -> int:
        """Return how many admins there are."""
        admins = {"role": AccountRole.ADMIN.value}
        return await self._users.count_documents(admins, session=session)

    async def add(
        self,
        *,
        email: str,
        role: AccountRole,
        password_hash: str,
        now: datetime,
        session: Session,
    ) -> Account:
        """Add an account.

        Raises:
            pymongo.errors.DuplicateKeyError: Its e-mail is taken. In a transaction look first: a
                duplicate aborts it, and it is run again.
        """
        row: Document = {
            "_id": ObjectId(),
            "email": email,
            "role": role.value,
            "password_hash": password_hash,
            "created_at": now,
        }
        await self._users.insert_one(row, session=session)
        return _read(row)

    async def add_if_free(
        self, *, email: str, role: AccountRole, password_hash: str, now: datetime
    ) -> Account | None:
        """Add an account, in no transaction, unless its e-mail is taken."""
        try:
            return await self.add(
                email=email, role=role, password_hash=password_hash, now=now, session=None
            )
        except DuplicateKeyError:
            return None

    async def note_login(
        self, account: Account, *, password_hash: str, iat: int, session: Session
    ) -> bool:
        """Note a token's time of issue and the password's new hash, if it is still the same one.

        Args:
            account: The account whose password was checked.
            password_hash: The hash from now on, made of the password itself.
            iat: In Unix seconds.
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

    async def note_token(self, account: Account, *, iat: int, session: Session) -> None:
        """Note a token's time of issue, in Unix seconds."""
        await self._users.update_one(
            {"_id": account.id}, {"$max": {"newest_iat": iat}}, session=session
        )

    async def replace_password(
        self, account: Account, *, password_hash: str, least_iat: int, session: Session
    ) -> bool:
        """Replace the password that the account was read with; return whether it still was it."""
        result = await self._users.update_one(
            {"_id": account.id, "password_hash": account.password_hash},
            {
                "$set": {"password_hash": password_hash, "least_iat": least_iat},
                "$unset": {"wrapped_sha256": ""},
            },
            session=session,
        )
        return result.matched_count == 1

    async def set_role(
        self, account: Account, *, role: AccountRole, least_iat: int, session: Session
    ) -> None:
        """Replace the role that the account was read with in this transaction."""
        await self._users.update_one(
            {"_id": account.id, "role": account.role.value},
            {"$set": {"role": role.value, "least_iat": least_iat}},
            session=session,
        )

    async def guard_admins(self, *, session: Session) -> None:
        """Write the document that every change of a role writes, so that two can't cross."""
        await self._guards.update_one(
            {"_id": ADMINS_GUARD}, {"$inc": {"changes": 1}}, upsert=True, session=session
        )


def _account(row: Document | None) -> Account | None:
    return _read(row) if row else None


def _read(row: Document) -> Account:
    return Account(
        id=row["_id"],
        email=row["email"],
        role=AccountRole(row["role"]),
        password_hash=row["password_hash"],
        wrapped_sha256=row.get("wrapped_sha256", False),
        newest_iat=row.get("newest_iat", 0),
        least_iat=row.get("least_iat", 0),
        created_at=row.get("created_at"),
    )
