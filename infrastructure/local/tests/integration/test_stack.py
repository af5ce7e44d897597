"""The stack itself, with the servers and without the services, which have tests of their own."""

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
    def test_what_was_named_is_ready_and_nothing_else_runs(self, running: Stack) -> None:
        found = states(running)

        assert {name for name, state in found.items() if state == "ready"} == {
            "authentication-db",
            "products-db",
            "orders-db",
            "kafka",
            "nginx",
        }
        assert set(found.values()) == {"ready", "stopped"}

    def test_again_is_harmless_and_quick(self, running: Stack) -> None:
        before = [status.pid for status in running.status()]
        began = time.monotonic()

        running.up(SERVERS)

        assert [status.pid for status in running.status()] == before
        assert time.monotonic() - began < 5

    def test_a_taken_port_is_named(self, folder: Path) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            stack = Stack.in_folder(folder, KAFKA_PORT=str(port))

            with pytest.raises(PortTakenError, match=f"{port}  KAFKA_PORT  process {os.getpid()}"):
                stack.up(["kafka"])

        assert set(states(stack).values()) == {"stopped"}

    def test_a_program_that_keeps_dying_is_told_with_its_log(self, folder: Path) -> None:
        stack = Stack.in_folder(folder)
        data = folder / "data" / "orders-db"
        data.mkdir()
        (data / "WiredTiger").write_text("not a database")
        (data / "storage.bson").write_text("not either")

        try:
            with pytest.raises(StackError, match="orders-db dies again and again"):
                stack.up(["orders-db"])
            assert states(stack)["orders-db"] in {"crash loop", "stopped"}
        finally:
            stack.down()


class TestDatabases:
    def test_nobody_gets_in_without_a_password(self, running: Stack) -> None:
        port = running.settings.ports["orders-db"]
        url = f"mongodb://127.0.0.1:{port}/?directConnection=true"
        refused = pytest.raises(OperationFailure, match="requires authentication")
        with MongoClient[Any](url) as client, refused:
            client.shop.orders.find_one()

    def test_a_services_user_does_what_it_needs_in_a_transaction(self, running: Stack) -> None:
        with MongoClient[Any](running.database_url("orders")) as client:
            shop = client.get_default_database()
            with client.start_session() as session, session.start_transaction():
                shop.orders.insert_one({"_id": 1}, session=session)
            shop.command("collMod", "orders", validationLevel="moderate")

            assert shop.name == "shop"
            assert shop.orders.find_one() == {"_id": 1}

    def test_a_services_user_may_use_no_other_database(self, running: Stack) -> None:
        with MongoClient[Any](running.database_url("orders")) as client:
            with pytest.raises(OperationFailure, match="not authorized"):
                client.other.things.insert_one({})
            with pytest.raises(OperationFailure, match="not authorized"):
                client.admin.system.users.find_one()

    def test_a_services_user_is_unknown_to_the_other_databases(self, running: Stack) -> None:
        orders, products = (running.settings.ports[f"{name}-db"] for name in ("orders", "products"))
        url = running.database_url("orders").replace(str(orders), str(products))
        refused = pytest.raises(OperationFailure, match="Authentication failed")
        with MongoClient[Any](url.replace("orders-db", "products-db")) as client, refused:
            client.shop.orders.find_one()


class TestRestart:
    @pytest.mark.parametrize("name", ["orders-db", "kafka", "nginx"])
    def test_what_is_killed_comes_back(self, running: Stack, name: str) -> None:
        before = {status.name: status.pid for status in running.status()}

        running.kill(name)

        def is_another() -> bool:
            status = next(each for each in running.status() if each.name == name)
            return status.state == "ready" and status.pid != before[name]

        assert becomes_true(is_another)
        after = {status.name: status.pid for status in running.status()}
        assert {each for each in after if after[each] != before[each]} == {name}

    def test_what_is_stopped_stays_stopped_until_it_is_started(self, running: Stack) -> None:
        running.stop("kafka")
        assert states(running)["kafka"] == "stopped"

        running.start("kafka")
        assert states(running)["kafka"] == "ready"

    def test_the_data_outlives_a_stop_and_a_change_of_port(self, running: Stack) -> None:
        # Given
        with MongoClient[Any](running.database_url("products")) as client:
            client.shop.products.insert_one({"_id": "kept"})
        running.down()

        # When
        moved = Stack.in_folder(running.settings.state, PRODUCTS_DB_PORT="0")
        moved.up(["products-db"])

        # Then
        with MongoClient[Any](moved.database_url("products")) as client:
            assert client.shop.products.find_one() == {"_id": "kept"}
        assert moved.settings.ports["products-db"] != running.settings.ports["products-db"]
        moved.down()
        Stack(running.settings, quiet=True).up(SERVERS)


class TestReset:
    def test_empties_the_data_and_starts_again_what_ran(self, running: Stack) -> None:
        with MongoClient[Any](running.database_url("orders")) as client:
            client.shop.things.insert_one({})

        running.reset()

        with MongoClient[Any](running.database_url("orders")) as client:
            assert client.shop.list_collection_names() == []
        assert states(running)["kafka"] == "ready"
        assert states(running)["gateway"] == "stopped"


class TestDown:
    def test_stops_what_a_killed_supervisor_left(self, running: Stack) -> None:
        # Given
        before = [status.pid for status in running.status() if status.pid]
        supervisor = int((running.settings.state / "supervisor.pid").read_text())
        os.kill(supervisor, 9)

        # When
        running.down()

        # Then
        assert before
        assert becomes_true(lambda: not any(is_alive(pid) for pid in before))

    def test_the_command_tells_what_is_wrong_and_fails(self, folder: Path) -> None:
        command = [sys.executable, "-m", "stack", "stop", "kafka"]
        environment = {**os.environ, "STATE": str(folder)}

        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )

        assert ended.returncode == 1
        assert "is not running; `make up` starts it" in ended.stderr


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
