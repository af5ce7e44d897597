"""The databases: replica sets with authentication. Usually each has one member.

Each has three users: the administrator, the service, and the user of the service's migrations.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from stack import tools
from stack.ports import LOOPBACK, is_open
from stack.state import State

DATABASE = "shop"
ROOT = "root"
SERVICE_ROLE = "service"
"""The role of a service's user. The migrations set its privileges."""
CACHE_GIBIBYTES = 0.5
OPLOG_MEBIBYTES = 1024
TIMEOUT_MILLISECONDS = 1000
COMPRESSORS = "snappy,zstd"
"""Without zlib, which lets clients read the memory of old servers (CVE-2025-14847)."""
AUTHENTICATION_FAILED = 18
INITIATED_OR_TOO_EARLY = frozenset({23, 74})
"""The set is initiated already, or another of its members does not answer yet."""


def command(state: State, database: str, name: str, port: int) -> list[str]:
    """Return the command that starts a member of a database."""
    parameters = [
        # Usually no other member can take over, so there is nothing to wait for before stopping.
        "shutdownTimeoutMillisForSignaledShutdown=100",
        "diagnosticDataCollectionEnabled=false",
        # If a service is killed during a transaction, the transaction and its locks stay open for
        # this long.
        "transactionLifetimeLimitSeconds=10",
    ]
    return [
        *(tools.mongod(), "--quiet", "--bind_ip", LOOPBACK, "--port", str(port)),
        *("--dbpath", str(state.data(name)), "--nounixsocket"),
        *("--replSet", database, "--keyFile", str(state.key_file(f"{database}.key"))),
        *("--networkMessageCompressors", COMPRESSORS),
        *("--wiredTigerCacheSizeGB", str(CACHE_GIBIBYTES), "--oplogSize", str(OPLOG_MEBIBYTES)),
        *(part for parameter in parameters for part in ("--setParameter", parameter)),
    ]


def url(state: State, name: str, ports: Sequence[int]) -> str:
    """Return the address that a database's service uses, with the password."""
    return _shop_url(_service_user(name), state.password(f"{name}.password"), name, ports)


def migration_url(state: State, name: str, ports: Sequence[int]) -> str:
    """Return the address that the migrations of a database use, with the password."""
    return _shop_url(_migration_user(name), state.password(f"{name}.migration"), name, ports)


def _shop_url(user: str, password: str, name: str, ports: Sequence[int]) -> str:
    options = f"authSource={DATABASE}&replicaSet={name}"
    return f"mongodb://{user}:{quote(password)}@{_hosts(ports)}/{DATABASE}?{options}"


def root_url(state: State, name: str, ports: Sequence[int]) -> str:
    """Return the address that the database's administrator uses, with the password."""
    password = quote(state.password(f"{name}.root"))
    # A single member can be reached before it is initiated.
    options = f"replicaSet={name}" if len(ports) > 1 else "directConnection=true"
    return f"mongodb://{ROOT}:{password}@{_hosts(ports)}/?authSource=admin&{options}"


def _hosts(ports: Sequence[int]) -> str:
    return ",".join(f"{LOOPBACK}:{port}" for port in ports)


def url_file(state: State, name: str) -> Path:
    """Return the file that holds the service's address."""
    return state.secret_file(f"{name}.url")


def migration_url_file(state: State, name: str) -> Path:
    """Return the file that holds the address for migrations."""
    return state.secret_file(f"{name}.migration.url")


def _service_user(name: str) -> str:
    return name.removesuffix("-db")


def _migration_user(name: str) -> str:
    return f"{_service_user(name)}-migrate"


def prepare(state: State, database: str, name: str, ports: Sequence[int]) -> None:
    """Create the folder and the files that a member of a database and its service need."""
    state.data(name).mkdir(mode=0o700, exist_ok=True)
    if name == database:
        state.write_secret(url_file(state, database).name, url(state, database, ports))
        address = migration_url(state, database, ports)
        state.write_secret(migration_url_file(state, database).name, address)


def is_ready(state: State, database: str, port: int) -> bool:
    """Return whether a member of a database accepts writes, or follows one that does."""
    if not is_open(port):
        return False
    try:
        with MongoClient[dict[str, Any]](root_url(state, database, [port]), **_options()) as client:
            return _is_in_use(client)
    except PyMongoError:
        return False


def count_products(state: State, name: str, ports: Sequence[int]) -> int:
    """Return how many products a database has."""
    with MongoClient[dict[str, Any]](root_url(state, name, ports), **_options()) as client:
        return client[DATABASE]["products"].count_documents({})


def try_to_set_up(state: State, database: str, port: int, ports: Sequence[int]) -> bool:
    """Perform the next step of a member's set-up, and return whether the set-up is complete.

    Call it until it returns True. It initiates the replica set of a new database and creates its
    users. It corrects the replica set's addresses if the ports have changed.

    Args:
        state: The state folder.
        database: The name of the database.
        port: The member's port.
        ports: The ports of all members.
    """
    if not is_open(port):
        return False
    try:
        with MongoClient[dict[str, Any]](root_url(state, database, [port]), **_options()) as client:
            _set_addresses(client, ports)
            if client.admin.command("hello")["isWritablePrimary"]:
                _create_users(client, state, database)
            return _is_in_use(client)
    except OperationFailure as error:
        if error.code == AUTHENTICATION_FAILED and port == ports[0]:
            _initiate(state, database, ports)
        return False
    except PyMongoError:
        return False


def _options() -> dict[str, Any]:
    return {"serverSelectionTimeoutMS": TIMEOUT_MILLISECONDS}


def _is_in_use(client: MongoClient[dict[str, Any]]) -> bool:
    hello = client.admin.command("hello")
    return bool(hello["isWritablePrimary"] or (hello["secondary"] and "primary" in hello))


def _initiate(state: State, name: str, ports: Sequence[int]) -> None:
    """Initiate a new database's replica set and create its administrator.

    Before the first user exists, the server allows this to an unauthenticated local connection.
    """
    address = f"mongodb://{_hosts(ports[:1])}/?directConnection=true"
    with MongoClient[dict[str, Any]](address, **_options()) as client:
        members = [
            {"_id": number, "host": f"{LOOPBACK}:{port}", "priority": 1 if number else 2}
            for number, port in enumerate(ports)
        ]
        try:
            client.admin.command("replSetInitiate", {"_id": name, "members": members})
        except OperationFailure as error:
            if error.code not in INITIATED_OR_TOO_EARLY:
                raise
        if client.admin.command("hello")["isWritablePrimary"]:
            password = state.password(f"{name}.root")
            client.admin.command("createUser", ROOT, pwd=password, roles=["root"])


def _set_addresses(client: MongoClient[dict[str, Any]], ports: Sequence[int]) -> None:
    """Set the replica set's addresses if the ports have changed."""
    config = client.admin.command("replSetGetConfig")["config"]
    addresses = [f"{LOOPBACK}:{port}" for port in ports]
    if [member["host"] for member in config["members"]] != addresses:
        for member, address in zip(config["members"], addresses, strict=True):
            member["host"] = address
        config["version"] += 1
        client.admin.command("replSetReconfig", config, force=True)


def _create_users(client: MongoClient[dict[str, Any]], state: State, name: str) -> None:
    """Create the missing users of the service and of its migrations, for the database `shop`.

    The user of an older stack keeps its roles until the migrations replace them.
    """
    shop = client[DATABASE]
    if not shop.command("rolesInfo", SERVICE_ROLE)["roles"]:
        shop.command("createRole", SERVICE_ROLE, privileges=[], roles=[])
    users = (
        (_service_user(name), state.password(f"{name}.password"), SERVICE_ROLE),
        (_migration_user(name), state.password(f"{name}.migration"), "dbOwner"),
    )
    for user, password, role in users:
        if not shop.command("usersInfo", user)["users"]:
            shop.command("createUser", user, pwd=password, roles=[role])
