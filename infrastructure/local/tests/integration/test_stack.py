"""The stack with the servers. The services have their own tests."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from stack import Stack, StackError
from stack.errors import PortTakenError

Document = dict[str, Any]

SERVERS = ["databases", "kafka", "nginx"]
LIMIT_SECONDS = 30

pytestmark = pytest.mark.timeout(240)


def states(stack: Stack) -> dict[str, str]:
    return {status.name: status.state for status in stack.status()}


def becomes_true(condition: Callable[[], bool], seconds: float = LIMIT_SECONDS) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture(scope="module")
def running(stack: Stack) -> Stack:
    stack.up(SERVERS)
    return stack


class TestUp:
    def test_starts_only_the_named_programs(self, running: Stack) -> None:
        ready = {"authentication-db", "products-db", "orders-db", "kafka", "nginx"}
        assert states(running) == {
            status.name: "ready" if status.name in ready else "stopped"
            for status in running.status()
        }

    def test_leaves_running_programs_alone(self, running: Stack) -> None:
        # Given
        before = [status.pid for status in running.status()]
        began = time.monotonic()

        # When
        running.up(SERVERS)

        # Then
        assert [status.pid for status in running.status()] == before
        assert time.monotonic() - began < 5

    def test_names_the_program_that_uses_a_port(self, folder: Path) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            stack = Stack.in_folder(folder, KAFKA_PORT=str(port))

            with pytest.raises(PortTakenError, match=f"{port}  KAFKA_PORT  process {os.getpid()}"):
                stack.up(["kafka"])

        assert set(states(stack).values()) == {"stopped"}

    def test_reports_a_program_that_keeps_dying(self, folder: Path) -> None:
        # Given
        stack = Stack.in_folder(folder)
        data = folder / "data" / "orders-db"
        data.mkdir()
        (data / "WiredTiger").write_text("not a database")
        (data / "storage.bson").write_text("not either")

        # When, then
        try:
            with pytest.raises(StackError, match="orders-db keeps dying"):
                stack.up(["orders-db"])
            assert states(stack)["orders-db"] in {"crash loop", "stopped"}
        finally:
            stack.down()


class TestDatabases:
    def test_a_database_requires_a_password(self, running: Stack) -> None:
        port = running.settings.ports["orders-db"]
        url = f"mongodb://127.0.0.1:{port}/?directConnection=true"
        refusal = pytest.raises(OperationFailure, match="requires authentication")
        with MongoClient[Document](url) as client, refusal:
            client.shop.orders.find_one()

    def test_the_user_of_migrations_can_write_and_migrate(self, running: Stack) -> None:
        with MongoClient[Document](running.database_url("orders")) as client:
            shop = client.get_default_database()
            with client.start_session() as session, session.start_transaction():
                shop.orders.insert_one({"_id": 1}, session=session)
            shop.command("collMod", "orders", validationLevel="moderate")

            assert shop.name == "shop"
            assert shop.orders.find_one() == {"_id": 1}

    def test_the_user_of_migrations_cannot_use_another_database(self, running: Stack) -> None:
        with MongoClient[Document](running.database_url("orders")) as client:
            with pytest.raises(OperationFailure, match="not authorized"):
                client.other.things.insert_one({})
            with pytest.raises(OperationFailure, match="not authorized"):
                client.admin.system.users.find_one()

    def test_a_services_user_has_no_privileges_before_the_migrations(self, running: Stack) -> None:
        url = Path(running.environment("orders")["MONGO_URL_FILE"]).read_text(encoding="utf-8")
        with (
            MongoClient[Document](url) as client,
            pytest.raises(OperationFailure, match="not authorized"),
        ):
            client.shop.orders.insert_one({})

    def test_a_database_of_an_older_release_gets_the_new_users(self, running: Stack) -> None:
        # Given
        url = running.database_url("orders", root=True)
        with MongoClient[Document](url) as client:
            client.shop.command("grantRolesToUser", "orders", roles=["readWrite"])
            client.shop.command("dropRole", "service")
            client.shop.command("dropUser", "orders-migrate")

        # When
        running.stop("orders-db")
        running.start("orders-db")

        # Then
        with MongoClient[Document](url) as client:
            users = client.shop.command("usersInfo")["users"]
            roles = {user["user"]: [role["role"] for role in user["roles"]] for user in users}
            assert roles == {"orders": ["readWrite"], "orders-migrate": ["dbOwner"]}
            client.shop.command("updateUser", "orders", roles=["service"])

    def test_a_database_compresses_messages_without_zlib(self, running: Stack) -> None:
        with MongoClient[Document](running.database_url("orders", root=True)) as client:
            options = client.admin.command("getCmdLineOpts")["parsed"]
        assert options["net"]["compression"] == {"compressors": "snappy,zstd"}

    def test_the_user_of_migrations_cannot_sign_in_to_another_server(self, running: Stack) -> None:
        orders, products = (running.settings.ports[f"{name}-db"] for name in ("orders", "products"))
        url = running.database_url("orders").replace(str(orders), str(products))
        refusal = pytest.raises(OperationFailure, match="Authentication failed")
        with MongoClient[Document](url.replace("orders-db", "products-db")) as client, refusal:
            client.shop.orders.find_one()


class TestRestart:
    @pytest.mark.parametrize("name", ["orders-db", "kafka", "nginx"])
    def test_replaces_only_the_killed_program(self, running: Stack, name: str) -> None:
        # Given
        before = {status.name: status.pid for status in running.status()}

        # When
        running.kill(name)

        # Then
        def is_replaced() -> bool:
            status = {status.name: status for status in running.status()}[name]
            return status.state == "ready" and status.pid != before[name]

        assert becomes_true(is_replaced)
        after = {status.name: status.pid for status in running.status()}
        assert {program for program in after if after[program] != before[program]} == {name}

    def test_spares_a_stopped_program_until_it_is_started(self, running: Stack) -> None:
        running.stop("kafka")
        assert states(running)["kafka"] == "stopped"

        running.start("kafka")
        assert states(running)["kafka"] == "ready"

    def test_restarts_by_hand_are_no_crash_loop(self, running: Stack) -> None:
        for _ in range(4):
            running.stop("orders-db")
            running.start("orders-db")
            assert states(running)["orders-db"] == "ready"

    def test_keeps_the_data_after_a_change_of_port(self, running: Stack) -> None:
        # Given
        with MongoClient[Document](running.database_url("products")) as client:
            client.shop.products.insert_one({"_id": "kept"})
        running.down()

        # When
        moved = Stack.in_folder(running.settings.state, PRODUCTS_DB_PORT="0")
        moved.up(["products-db"])

        # Then
        with MongoClient[Document](moved.database_url("products")) as client:
            assert client.shop.products.find_one() == {"_id": "kept"}
        assert moved.settings.ports["products-db"] != running.settings.ports["products-db"]
        moved.down()
        Stack(running.settings, quiet=True).up(SERVERS)


class TestReset:
    def test_deletes_the_data_and_restarts_the_running_programs(self, running: Stack) -> None:
        # Given
        with MongoClient[Document](running.database_url("orders")) as client:
            client.shop.things.insert_one({})

        # When
        running.reset()

        # Then
        with MongoClient[Document](running.database_url("orders")) as client:
            assert client.shop.list_collection_names() == []
        assert states(running)["kafka"] == "ready"
        assert states(running)["gateway"] == "stopped"


class TestDown:
    def test_ends_the_programs_of_a_killed_supervisor(self, running: Stack) -> None:
        # Given
        pids = [status.pid for status in running.status() if status.pid]
        supervisor = int((running.settings.state / "supervisor.pid").read_text())
        os.kill(supervisor, 9)

        # When
        running.down()

        # Then
        assert pids
        assert becomes_true(lambda: not any(is_alive(pid) for pid in pids))


class TestCommandLine:
    def test_reports_an_error_and_fails(self, folder: Path) -> None:
        command = [sys.executable, "-m", "stack", "stop", "kafka"]
        environment = {**os.environ, "STATE": str(folder)}

        completed = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )

        assert completed.returncode == 1
        assert "is not running; `make up` starts it" in completed.stderr

    def test_refuses_an_unknown_signal(self) -> None:
        command = [sys.executable, "-m", "stack", "kill", "kafka", "--signal", "NONSENSE"]

        completed = subprocess.run(command, capture_output=True, text=True, check=False)

        assert completed.returncode == 2
        assert "Traceback" not in completed.stderr


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
