"""The command line for operators, on the running stack."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pymongo import AsyncMongoClient
from tests.e2e.shop import SignIn, wait_for

from shopkit.messaging.dead_letters import DeadLetterRepository, Record
from shopkit.storage.mongo import DATABASE, Document
from stack import Stack

RECORD = Record("shop.orders", 0, 7, b"key", b"not an event", (("ce_type", b"Unknown"),))


@pytest.fixture
def kiosk(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("STATE", str(stack.settings.state))

    def run(*arguments: str, code: int = 0, text: str | None = None) -> str:
        command = [sys.executable, "-m", "kiosk", *arguments]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done.stdout if code == 0 else done.stdout + done.stderr

    return run


def park(stack: Stack) -> None:
    async def park() -> None:
        async with AsyncMongoClient[Document](stack.database_url("products")) as client:
            await DeadLetterRepository(client[DATABASE]).add(RECORD, "It is not an event.")

    asyncio.run(park())


class TestStatus:
    def test_shows_every_part_and_every_service(self, kiosk: Any) -> None:
        found = json.loads(kiosk("--json", "status"))
        assert {part["name"] for part in found["parts"]} > {"nginx", "kafka", "orders-db"}
        assert [replica["replica"] for replica in found["replicas"]] == [
            "gateway",
            "authentication",
            "products",
            "orders",
        ]
        assert all(replica["ready"] for replica in found["replicas"])

    def test_fails_while_a_service_is_stopped(self, kiosk: Any, stack: Stack) -> None:
        stack.stop("orders")
        try:
            text = kiosk("status", code=1)
        finally:
            stack.start("orders")
        assert "does not answer" in text

    def test_shows_the_queues(self, kiosk: Any) -> None:
        found = {
            (replica["service"], sample["name"], *sample["labels"].values()): sample["value"]
            for replica in json.loads(kiosk("--json", "events"))
            for sample in replica["metrics"]
        }
        assert found["products-ms", "consumer_paused", "shop.orders"] == 0
        assert found["orders-ms", "outbox_unsent"] >= 0
        assert "consumer lag shop.products" in " ".join(kiosk("events").split())


class TestDeadLetters:
    def test_a_letter_is_listed_shown_refused_and_discarded(
        self, kiosk: Any, stack: Stack, sign_in: SignIn
    ) -> None:
        # Given
        park(stack)
        # Then
        assert RECORD.id in kiosk("dead-letters", "list")
        shown = kiosk("dead-letters", "show", "products", RECORD.id)
        assert "It is not an event." in shown
        assert "not an event" in shown
        failed = kiosk("dead-letters", "replay", "products", RECORD.id, code=1)
        assert "The event could not be applied" in failed
        # When
        reason = ["--reason", "Sent by mistake."]
        kiosk("dead-letters", "discard", "products", RECORD.id, *reason)
        # Then
        letter = json.loads(kiosk("--json", "dead-letters", "show", "products", RECORD.id))
        assert letter["status"] == "discarded"
        assert letter["history"][-1]["detail"] == "Sent by mistake."
        assert RECORD.id not in kiosk("dead-letters", "list")
        audit = (
            sign_in("admin@admin.com")
            .get("/api/admin/audit/products?action=dead letter: discard")
            .json()
        )
        assert audit["entries"][0]["actor"] == "command line"


class TestRepairs:
    def test_reconcile_says_that_products_ms_is_away(self, kiosk: Any, stack: Stack) -> None:
        stack.stop("products")
        try:
            text = kiosk("reconcile", code=1)
        finally:
            stack.start("products")
        assert text.startswith("products-ms does not answer")

    def test_reconcile_finds_no_difference(self, kiosk: Any) -> None:
        def agree() -> bool:
            report = json.loads(kiosk("--json", "reconcile"))
            return not any(report["found"].values())

        assert wait_for(agree)

    def test_rebuild_counts_the_products(self, kiosk: Any) -> None:
        assert json.loads(kiosk("--json", "rebuild"))["products"] > 0

    def test_resume_finds_nothing_paused(self, kiosk: Any) -> None:
        assert "nothing resumed" in kiosk("resume", "orders")


class TestAdmins:
    def test_a_new_admin_can_sign_in(self, kiosk: Any, sign_in: SignIn) -> None:
        kiosk("create-admin", "operator@kiosk.example", text="correct horse battery\n")
        admin = sign_in("operator@kiosk.example", "correct horse battery")
        assert admin.get("/api/users").status_code == 200


class TestKeys:
    def test_the_next_key_is_published_signs_and_is_forgotten(
        self, kiosk: Any, shop: httpx2.Client
    ) -> None:
        def published() -> list[str]:
            keys = shop.get("/api/.well-known/jwks.json").json()["keys"]
            return [key["kid"] for key in keys]

        [old] = published()
        kiosk("rotate-keys", "signing", "--step", "publish")
        first, following = published()
        assert first == old
        kiosk("rotate-keys", "signing", "--step", "swap")
        assert published() == [following, old]
        kiosk("rotate-keys", "signing", "--step", "forget")
        assert published() == [following]

    def test_no_request_fails_while_the_keys_of_proofs_change(
        self, kiosk: Any, sign_in: SignIn
    ) -> None:
        client = sign_in("aaa@aaa.com")
        for step in ("publish", "swap", "forget"):
            kiosk("rotate-keys", "proofs", "--step", step)
            statuses = [client.get(path).status_code for path in ("/api/me", "/api/orders")]
            assert statuses == [200, 200]


MONGODUMP = """#!/bin/sh
[ "$1 $2 $3 $4 $5" = "--quiet --oplog --archive --gzip --config" ] || exit 2
grep -q "^uri: mongodb://root:.*@127.0.0.1" "$6" && echo dumped
"""


class TestBackup:
    def test_writes_a_file_for_each_database(
        self, kiosk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        (tmp_path / "mongodump").write_text(MONGODUMP, encoding="utf-8")
        (tmp_path / "mongodump").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        # When
        written = json.loads(kiosk("--json", "backup", str(tmp_path / "backups")))
        # Then
        names = [Path(file["file"]).name.split("-")[0] for file in written]
        assert names == ["authentication", "products", "orders"]
        assert all(Path(file["file"]).read_text("utf-8") == "dumped\n" for file in written)
        # And: nobody else can read them.
        assert {Path(file["file"]).stat().st_mode & 0o777 for file in written} == {0o600}

    def test_leaves_no_file_if_it_fails(
        self, kiosk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        (tmp_path / "mongodump").write_text("#!/bin/sh\necho Broken >&2; exit 1\n", "utf-8")
        (tmp_path / "mongodump").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        # When
        text = kiosk("backup", str(tmp_path / "backups"), code=1)
        # Then
        assert "The backup of authentication-db failed.\nBroken" in text
        assert list((tmp_path / "backups").iterdir()) == []
