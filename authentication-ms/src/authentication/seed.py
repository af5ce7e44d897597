"""The accounts of the original, each with its e-mail as password: never outside a demonstration."""

from authentication.models.accounts import AccountRole
from authentication.repositories.accounts import AccountRepository
from authentication.services.passwords import Passwords
from shopkit.clock import Clock

ACCOUNTS = {
    "aaa@aaa.com": AccountRole.USER,
    "bbb@bbb.com": AccountRole.USER,
    "admin@admin.com": AccountRole.ADMIN,
    "ccc@ccc.com": AccountRole.ADMIN,
}


async def plant(accounts: AccountRepository, passwords: Passwords, clock: Clock) -> list[str]:
    """Add the accounts that are missing, and return their e-mails."""
    added = []
    for email, role in ACCOUNTS.items():
        if await accounts.find(email):
            continue
        password_hash = await passwords.hash(email)
        if await accounts.add_if_free(
            email=email, role=role, password_hash=password_hash, now=clock()
        ):
            added.append(email)
    return added
