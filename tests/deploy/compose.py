"""A compose project from a copy of the repository, which tests may change."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stack.ports import free_ports

REPOSITORY = Path(__file__).resolve().parents[2]


class Project:
    """The containers of one compose file, on free ports."""

    def __init__(self, file: str, name: str, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self._command = ["docker", "compose", "--file", file, "--project-name", name]
        # One image at a time, because its unit tests have short timeouts for a busy machine.
        names = ("SHOP_PORT", "MAIL_PORT", "STRIPE_PORT")
        ports = dict(zip(names, map(str, free_ports(len(names))), strict=True))
        variables = {**ports, "COMPOSE_PARALLEL_LIMIT": "1"}
        self._environment = {**os.environ, **variables, **settings}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._environment['SHOP_PORT']}"

    def compose(self, *arguments: str, stdin: str = "") -> str:
        """Run docker compose and return its output.

        Raises:
            AssertionError: The command failed.
        """
        completed = subprocess.run(
            [*self._command, *arguments],
            cwd=self.folder,
            env=self._environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        output = f"{arguments}:\n{completed.stdout}\n{completed.stderr}"
        assert completed.returncode == 0, output
        return completed.stdout

    def up(self) -> None:
        self.compose("build")
        self.compose("up", "--detach", "--wait")

    def down(self) -> None:
        self.compose("down", "--volumes", "--remove-orphans")

    def services(self) -> list[str]:
        """Return the running services."""
        return self.compose("ps", "--services").split()

    def inspect(self, service: str) -> dict[str, Any]:
        """Return the engine's information about a service's container."""
        container = self.compose("ps", "--all", "--quiet", service).strip()
        information: dict[str, Any] = json.loads(_docker("inspect", container))[0]
        return information

    def kill(self, service: str) -> None:
        """Kill a container's process, as a crash would.

        After `docker kill` the engine would not restart the container.
        """
        os.kill(self.inspect(service)["State"]["Pid"], signal.SIGKILL)

    def count_restarts(self, service: str) -> int:
        """Return how many times the engine has restarted a service's container."""
        count: int = self.inspect(service)["RestartCount"]
        return count


def image_size(name: str) -> int:
    """Return an image's size in bytes."""
    return int(_docker("image", "inspect", "--format", "{{.Size}}", name))


def copy_of_repository(folder: Path) -> Path:
    """Copy all files of the repository that git does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listing = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    for name in filter(None, listing.stdout.split("\0")):
        source, target = REPOSITORY / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    # The services run as other users, who must be able to read mounted files.
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == os.geteuid() and parent.name:
            parent.chmod(parent.stat().st_mode | 0o055)
        if parent.name.startswith("pytest-of"):
            break
    return folder


def _docker(*arguments: str) -> str:
    completed = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stderr
    return completed.stdout
