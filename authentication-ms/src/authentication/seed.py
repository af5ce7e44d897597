"""The demo data of authentication-db: accounts whose passwords are their email addresses.

Existing data is kept.
"""

from bson import ObjectId

from authentication.models.account import AccountRole
from authentication.repositories.accounts import AccountRepository
from authentication.services.passwords import PasswordHasher, argon2id
from authentication.settings import SERVICE, DatabaseSettings
from shopkit.clock import Clock, utc_now
from shopkit.commands import refuse_demo_data_in_production
from shopkit.storage.mongo import DATABASE, connect

ACCOUNTS = {
    "aaa@aaa.com": (ObjectId("a1fefe4a1cad4140785928a4"), AccountRole.USER),
    "bbb@bbb.com": (ObjectId("a2fefe4a1cad4140785928a4"), AccountRole.USER),
    "admin@admin.com": (ObjectId("a3fefe4a1cad4140785928a4"), AccountRole.ADMIN),
    "ccc@ccc.com": (ObjectId("a4fefe4a1cad4140785928a4"), AccountRole.ADMIN),
}
"""The id and the role of each account. The demo data of orders-ms refers to the ids."""


async def seed(settings: DatabaseSettings) -> list[str]:
    """Create demo accounts that are missing, and return their email addresses.

    Raises:
        shopkit.commands.CommandError: Demo data may not be loaded.
    """
    refuse_demo_data_in_production(settings, settings.seed)
    with PasswordHasher(argon2id()) as hasher:
        async with connect(settings, SERVICE) as client:
            return await add_accounts(AccountRepository(client[DATABASE]), hasher)


async def add_accounts(
    accounts: AccountRepository, hasher: PasswordHasher, clock: Clock = utc_now
) -> list[str]:
    """Create demo accounts that are missing, and return their email addresses."""
    added = []
    for email, (account_id, role) in ACCOUNTS.items():
        # Checked first, because hashing a password takes long.
        if await accounts.find_by_email(email):
            continue
        password_hash = await hasher.hash(email)
        if await accounts.insert_if_new(
            email=email,
            role=role,
            password_hash=password_hash,
            now=clock(),
            account_id=account_id,
            verified=True,
        ):
            added.append(email)
    return added
