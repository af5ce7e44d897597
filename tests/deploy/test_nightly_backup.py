"""The scripts of the nightly backups, with a bucket in a folder and stand-ins for MongoDB."""

import gzip
import os
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from tests.deploy.bucket import SCRIPTS, fetch, upload

CONTENT = b"the documents of orders-db " * 1_000


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    file = tmp_path / "dump.gz"
    file.write_bytes(gzip.compress(CONTENT))
    return file


@pytest.fixture
def pushed() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The address of a pushgateway, and the paths and bodies that it received."""
    received: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            received.append((self.path, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()
        thread.join()


class TestUpload:
    def test_stores_an_encrypted_copy_that_the_documented_commands_restore(
        self, dump: Path, tmp_path: Path
    ) -> None:
        # When
        upload(dump, "orders-db", tmp_path)
        # Then
        [stored] = (tmp_path / "bucket" / "orders-db").iterdir()
        assert stored.read_bytes().startswith(b"RCLONE")
        assert dump.read_bytes() not in stored.read_bytes()
        # And
        fetch(tmp_path, "orders")
        assert gzip.decompress((tmp_path / "orders.gz").read_bytes()) == CONTENT

    def test_reports_the_time_and_the_size(
        self, dump: Path, tmp_path: Path, pushed: tuple[str, list[tuple[str, str]]]
    ) -> None:
        # Given
        address, received = pushed
        # When
        upload(dump, "orders-db", tmp_path, pushgateway=address)
        # Then
        [(path, body)] = received
        assert path == "/metrics/job/backup/database/orders-db"
        values = dict(line.split() for line in body.splitlines() if not line.startswith("#"))
        assert values["backup_last_bytes"] == str(dump.stat().st_size)
        assert float(values["backup_last_success_timestamp_seconds"]) == pytest.approx(
            dump.stat().st_mtime, abs=60
        )

    def test_reports_nothing_if_the_copy_fails(
        self, dump: Path, tmp_path: Path, pushed: tuple[str, list[tuple[str, str]]]
    ) -> None:
        # Given: the bucket cannot be a folder.
        (tmp_path / "bucket").write_text("a file")
        address, received = pushed
        # When
        with pytest.raises(subprocess.CalledProcessError):
            upload(dump, "orders-db", tmp_path, pushgateway=address)
        # Then
        assert received == []


class TestDump:
    @pytest.fixture
    def tools(self, tmp_path: Path) -> Path:
        """Stand-ins: a member is a secondary if its name is in the file `secondaries`."""
        folder = tmp_path / "bin"
        folder.mkdir()
        scripts = {
            "mongosh": 'member=${2#*@}; grep --quiet --line-regexp "${member%%.*}" secondaries\n',
            "mongodump": 'echo "$@" > arguments\n',
        }
        for name, script in scripts.items():
            (folder / name).write_text(f"#!/bin/sh\n{script}")
            (folder / name).chmod(0o755)
        (tmp_path / "root-password").write_text("secret")
        return folder

    def dump(self, folder: Path, tools: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", str(SCRIPTS / "dump.sh"), "dump.gz"],
            cwd=folder,
            env={
                "PATH": f"{tools}:{os.environ['PATH']}",
                "DATABASE": "orders-db",
                "CA_FILE": "/ca/ca.crt",
                "ROOT_PASSWORD_FILE": str(folder / "root-password"),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    @pytest.mark.parametrize(
        ("secondaries", "member"),
        [("orders-db-1\norders-db-2\n", 1), ("orders-db-0\norders-db-2\n", 2)],
    )
    def test_reads_one_secondary(
        self, tmp_path: Path, tools: Path, secondaries: str, member: int
    ) -> None:
        # Given
        (tmp_path / "secondaries").write_text(secondaries)
        # When
        completed = self.dump(tmp_path, tools)
        # Then
        assert completed.returncode == 0, completed.stderr
        arguments = (tmp_path / "arguments").read_text()
        assert arguments.startswith("--oplog --archive=dump.gz --gzip --uri ")
        host = f"@orders-db-{member}.orders-db:27017/?authSource=admin&directConnection=true&"
        assert host in arguments
        assert arguments.endswith("&tls=true&tlsCAFile=/ca/ca.crt\n")

    def test_fails_without_a_secondary(self, tmp_path: Path, tools: Path) -> None:
        # Given
        (tmp_path / "secondaries").write_text("")
        # When
        completed = self.dump(tmp_path, tools)
        # Then
        assert completed.returncode == 1
        assert completed.stderr == "orders-db has no secondary that answers\n"
        assert not (tmp_path / "arguments").exists()
