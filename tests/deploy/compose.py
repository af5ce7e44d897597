"""A compose project of its own, from a copy of the repository that tests may change."""

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]


class Project:
    """What one compose file starts, on a free port."""

    def __init__(self, file: str, name: str, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self._command = ["docker", "compose", "--file", file, "--project-name", name]
        # One image at a time: the tests that each runs have little patience on a busy machine.
        own = {"SHOP_PORT": str(_free_port()), "COMPOSE_PARALLEL_LIMIT": "1"}
        self._environment = {**os.environ, **own, **settings}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._environment['SHOP_PORT']}"

    def compose(self, *arguments: str, given: str = "") -> str:
        """Run docker compose and return what it printed.

        Raises:
            AssertionError: It failed.
        """
        done = subprocess.run(
            [*self._command, *arguments],
            cwd=self.folder,
            env=self._environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def up(self) -> None:
        self.compose("build")
        self.compose("up", "--detach", "--wait")

    def down(self) -> None:
        self.compose("down", "--volumes", "--remove-orphans")

    def services(self) -> list[str]:
        """Return the services that are running now."""
        return self.compose("ps", "--services").split()

    def inspect(self, service: str) -> dict[str, Any]:
        """Return what the engine tells of a service's container."""
        container = self.compose("ps", "--all", "--quiet", service).strip()
        told: dict[str, Any] = json.loads(_docker("inspect", container))[0]
        return told

    def kill(self, service: str) -> None:
        """End a container's process as a crash would.

        Not by `docker kill`, after which the engine takes the container as stopped on purpose.
        """
        os.kill(self.inspect(service)["State"]["Pid"], signal.SIGKILL)

    def starts(self, service: str) -> int:
        """Return how many times the engine has started it again."""
        count: int = self.inspect(service)["RestartCount"]
        return count


def image_size(name: str) -> int:
    """Return an image's size in bytes."""
    return int(_docker("image", "inspect", "--format", "{{.Size}}", name))


def copy_of_repository(folder: Path) -> Path:
    """Copy what git knows or would add."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    for name in filter(None, names.stdout.split("\0")):
        source, target = REPOSITORY / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    # The services' own users have to read what is mounted.
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == os.geteuid() and parent.name:
            parent.chmod(parent.stat().st_mode | 0o055)
        if parent.name.startswith("pytest-of"):
            break
    return folder


def _docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
