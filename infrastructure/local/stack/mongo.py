"""The databases. Each is a mongod with authentication: a replica set of one member, two users."""

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
CACHE_GIBIBYTES = 0.5
OPLOG_MEBIBYTES = 1024
TIMEOUT_MILLISECONDS = 1000
AUTHENTICATION_FAILED, ALREADY_INITIATED = 18, 23


def command(state: State, name: str, port: int) -> list[str]:
    """Return the command that starts a database."""
    parameters = [
        # No other member can take over, so there is nothing to wait for before stopping.
        "shutdownTimeoutMillisForSignaledShutdown=100",
        "diagnosticDataCollectionEnabled=false",
        # If a service is killed during a transaction, the transaction and its locks stay open for
        # this long.
        "transactionLifetimeLimitSeconds=10",
    ]
    return [
        *(tools.mongod(), "--quiet", "--bind_ip", LOOPBACK, "--port", str(port)),
        *("--dbpath", str(state.data(name)), "--nounixsocket"),
        *("--replSet", name, "--keyFile", str(state.key_file(f"{name}.key"))),
        *("--wiredTigerCacheSizeGB", str(CACHE_GIBIBYTES), "--oplogSize", str(OPLOG_MEBIBYTES)),
        *(part for parameter in parameters for part in ("--setParameter", parameter)),
    ]


def url(state: State, name: str, port: int) -> str:
    """Return the address that a database's service uses, with the password."""
    user, password = name.removesuffix("-db"), quote(state.password(f"{name}.password"))
    options = f"authSource={DATABASE}&replicaSet={name}"
    return f"mongodb://{user}:{password}@{LOOPBACK}:{port}/{DATABASE}?{options}"


def root_url(state: State, name: str, port: int) -> str:
    """Return the address that the database's administrator uses, with the password."""
    password = quote(state.password(f"{name}.root"))
    return f"mongodb://{ROOT}:{password}@{LOOPBACK}:{port}/?authSource=admin&directConnection=true"


def url_file(state: State, name: str) -> Path:
    """Return the file that holds the service's address."""
    return state.secret_file(f"{name}.url")


def prepare(state: State, name: str, port: int) -> None:
    """Create the folder and the files that a database and its service need."""
    state.data(name).mkdir(mode=0o700, exist_ok=True)
    state.write_secret(url_file(state, name).name, url(state, name, port))


def is_ready(state: State, name: str, port: int) -> bool:
    """Return whether a database accepts writes."""
    if not is_open(port):
        return False
    try:
        with MongoClient[dict[str, Any]](root_url(state, name, port), **_options()) as client:
            return bool(client.admin.command("hello")["isWritablePrimary"])
    except PyMongoError:
        return False


def count_products(state: State, name: str, port: int) -> int:
    """Return how many products a database has."""
    with MongoClient[dict[str, Any]](root_url(state, name, port), **_options()) as client:
        return client[DATABASE]["products"].count_documents({})


def try_to_set_up(state: State, name: str, port: int) -> bool:
    """Perform the next step of a database's set-up, and return whether the set-up is complete.

    Call it until it returns True. It initiates the replica set of a new database and creates its
    users. It corrects the replica set's address if the port has changed.
    """
    if not is_open(port):
        return False
    try:
        with MongoClient[dict[str, Any]](root_url(state, name, port), **_options()) as client:
            _set_address(client, port)
            if not client.admin.command("hello")["isWritablePrimary"]:
                return False
            _create_service_user(client, state, name)
            return True
    except OperationFailure as error:
        if error.code == AUTHENTICATION_FAILED:
            _initiate(state, name, port)
        return False
    except PyMongoError:
        return False


def _options() -> dict[str, Any]:
    return {"serverSelectionTimeoutMS": TIMEOUT_MILLISECONDS}


def _initiate(state: State, name: str, port: int) -> None:
    """Initiate a new database's replica set and create its administrator.

    Before the first user exists, the server allows this to an unauthenticated local connection.
    """
    address = f"mongodb://{LOOPBACK}:{port}/?directConnection=true"
    with MongoClient[dict[str, Any]](address, **_options()) as client:
        members = [{"_id": 0, "host": f"{LOOPBACK}:{port}"}]
        try:
            client.admin.command("replSetInitiate", {"_id": name, "members": members})
        except OperationFailure as error:
            if error.code != ALREADY_INITIATED:
                raise
        if client.admin.command("hello")["isWritablePrimary"]:
            password = state.password(f"{name}.root")
            client.admin.command("createUser", ROOT, pwd=password, roles=["root"])


def _set_address(client: MongoClient[dict[str, Any]], port: int) -> None:
    """Set the replica set's address if the port has changed."""
    config = client.admin.command("replSetGetConfig")["config"]
    address = f"{LOOPBACK}:{port}"
    if config["members"][0]["host"] != address:
        config["members"][0]["host"] = address
        config["version"] += 1
        client.admin.command("replSetReconfig", config, force=True)


def _create_service_user(client: MongoClient[dict[str, Any]], state: State, name: str) -> None:
    """Create the user of the database's service, which may use only the database `shop`."""
    shop, user = client[DATABASE], name.removesuffix("-db")
    if shop.command("usersInfo", user)["users"]:
        return
    change_collections = {"resource": {"db": DATABASE, "collection": ""}, "actions": ["collMod"]}
    if not shop.command("rolesInfo", "migrator")["roles"]:
        shop.command("createRole", "migrator", privileges=[change_collections], roles=[])
    password = state.password(f"{name}.password")
    shop.command("createUser", user, pwd=password, roles=["readWrite", "migrator"])
