"""What the database user of a service may do: everything but change the audit trail.

The migrations, which use another user, grant it. So a service that is taken over can neither
change nor delete what it has recorded.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from shopkit.storage.mongo import DATABASE, Database

ROLE = "service"
APPEND_ONLY = frozenset({"audit", "audit_actors"})
"""The collections of the audit trail."""
WHOLE_DATABASE = ""
"""The name by which MongoDB means all collections of a database."""
APPEND = ("find", "insert")
READ_AND_WRITE = (
    *("find", "insert", "update", "remove", "changeStream"),
    *("createCollection", "createIndex", "dropCollection", "listIndexes", "collStats"),
    *("collMod", "renameCollectionSameDB"),
)


async def grant(database: Database, user: str, later: Iterable[str] = ()) -> None:
    """Give the user of a service the role for its collections, and take away all other roles.

    Args:
        database: The database, as the user of the migrations.
        user: The user of the service.
        later: Collections that the service itself creates.

    Raises:
        pymongo.errors.OperationFailure: There is no such user, or the migrations may not do this.
    """
    names = await database.list_collection_names(filter={"type": "collection"})
    collections = {name for name in names if not name.startswith("system.")} | set(later)
    allowed = {name: APPEND if name in APPEND_ONLY else READ_AND_WRITE for name in collections}
    await _set_privileges(database, {**allowed, WHOLE_DATABASE: ("listCollections",)})
    # Before the other roles go, so that a running service keeps its access.
    await database.command("grantRolesToUser", user, roles=[ROLE])
    [found] = (await database.command("usersInfo", user))["users"]
    others = [role for role in found["roles"] if role["role"] != ROLE]
    if others:
        await database.command("revokeRolesFromUser", user, roles=others)


async def _set_privileges(database: Database, wanted: Mapping[str, Collection[str]]) -> None:
    """Set the actions that the role allows on each collection.

    Only an administrator may use `updateRole`.
    """
    if missing := [_privilege(name, actions) for name, actions in wanted.items()]:
        await database.command("grantPrivilegesToRole", ROLE, privileges=missing)
    [role] = (await database.command("rolesInfo", ROLE, showPrivileges=True))["roles"]
    granted = {item["resource"]["collection"]: item["actions"] for item in role["privileges"]}
    excess = {name: set(granted[name]) - set(wanted.get(name, ())) for name in granted}
    if surplus := [_privilege(name, actions) for name, actions in excess.items() if actions]:
        await database.command("revokePrivilegesFromRole", ROLE, privileges=surplus)


def _privilege(collection: str, actions: Iterable[str]) -> dict[str, Any]:
    return {"resource": {"db": DATABASE, "collection": collection}, "actions": sorted(actions)}
