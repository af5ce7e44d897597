"""The demo data of authentication-db: accounts whose passwords are their email addresses.

Existing data is kept.
"""

from authentication.models.account import AccountRole
from authentication.repositories.accounts import AccountRepository
from authentication.services.passwords import PasswordHasher, argon2id
from authentication.settings import SERVICE, DatabaseSettings
from shopkit.clock import Clock, utc_now
from shopkit.commands import refuse_demo_data_in_production
from shopkit.storage.mongo import DATABASE, connect

ROLES = {
    "aaa@aaa.com": AccountRole.USER,
    "bbb@bbb.com": AccountRole.USER,
    "admin@admin.com": AccountRole.ADMIN,
    "ccc@ccc.com": AccountRole.ADMIN,
}


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
    for email, role in ROLES.items():
        # Checked first, because hashing a password takes long.
        if await accounts.find_by_email(email):
            continue
        password_hash = await hasher.hash(email)
        if await accounts.insert_if_new(
            email=email, role=role, password_hash=password_hash, now=clock()
        ):
            added.append(email)
    return added
