"""Where the shop runs: on this machine, in Docker Compose, or in a cluster.

Each place runs the services' own commands (`python -m orders ...`) and says what its parts are.
"""

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from kiosk.errors import KioskError
from kiosk.keys import ClusterKeys, KeyFolder, perform
from kiosk.processes import output
from stack import Stack
from stack.settings import load_settings

SERVICES = ("gateway", "authentication", "products", "orders")
DATABASES = ("authentication", "products", "orders")
SCRIPT = (
    "mongodump --quiet --oplog --archive --gzip --uri "
    '"mongodb://root:$(cat {password})@localhost/?authSource=admin&directConnection=true{tls}"'
)
"""Dumps a database to standard output, inside of its container."""
TLS = "&tls=true&tlsCAFile=$CA_FILE"


@dataclass(frozen=True)
class Part:
    """A program of the shop, and whether it runs as it should."""

    name: str
    state: str
    well: bool


@dataclass(frozen=True)
class Invocation:
    """A command line with its environment, None for that of this process."""

    arguments: Sequence[str]
    environment: Mapping[str, str] | None = None


class Place(Protocol):
    """Where the shop runs."""

    def parts(self) -> list[Part]:
        """Return the programs."""

    def replicas(self, service: str) -> list[str]:
        """Return the names of the running replicas of a service."""

    def invocation(self, service: str, arguments: Sequence[str], replica: str = "") -> Invocation:
        """Return what runs a command of a service, in a replica or in any."""

    def dump(self, database: str) -> Invocation:
        """Return what writes a backup of a database to standard output."""

    def perform(self, step: str) -> None:
        """Perform a step of a key rotation."""

    def restart(self, services: Sequence[str]) -> None:
        """Restart services, and wait until they are ready."""


class Machine:
    """The native stack of `make up`."""

    def __init__(self) -> None:
        self._settings = settings = load_settings()
        if not settings.file.exists():
            raise KioskError(
                f"There is no stack in {settings.state}. Run `make up`, or name the stack with "
                "STATE=folder. For Docker Compose or a cluster, add --on compose or --on cluster."
            )
        self._stack = Stack(settings, quiet=True)

    def parts(self) -> list[Part]:
        """Return the programs."""
        return [
            Part(status.name, status.state, status.state == "ready")
            for status in self._stack.status()
        ]

    def replicas(self, service: str) -> list[str]:
        """Return the only replica."""
        return [service]

    def invocation(self, service: str, arguments: Sequence[str], replica: str = "") -> Invocation:  # noqa: ARG002
        """Return what runs a command of a service."""
        environment = {**os.environ, **self._stack.environment(service)}
        return Invocation([sys.executable, "-m", service, *arguments], environment)

    def dump(self, database: str) -> Invocation:
        """Return what writes a backup of a database to standard output."""
        if not shutil.which("mongodump"):
            raise KioskError(
                "mongodump is not on the PATH. It belongs to the MongoDB Database Tools."
            )
        address = self._stack.database_url(database, root=True)
        # The address has a password, which must not be visible in the list of processes.
        script = 'mongodump --quiet --oplog --archive --gzip --config <(printf "uri: %s" "$URI")'
        return Invocation(["bash", "-c", script], {**os.environ, "URI": address})

    def perform(self, step: str) -> None:
        """Perform a step of a key rotation."""
        perform(step, KeyFolder(self._settings.state / "secrets"))

    def restart(self, services: Sequence[str]) -> None:
        """Restart services, and wait until they are ready."""
        for service in services:
            self._stack.stop(service)
            self._stack.start(service)


class Compose:
    """The containers of a Compose file.

    Args:
        file: The Compose file.
    """

    def __init__(self, file: Path) -> None:
        self._compose = ["docker", "compose", "-f", str(file)]

    def parts(self) -> list[Part]:
        """Return the containers. One that has ended well is well."""
        lines = output([*self._compose, "ps", "--all", "--format", "json"]).splitlines()
        return [_container(json.loads(line)) for line in lines]

    def replicas(self, service: str) -> list[str]:
        """Return the numbers of the running containers of a service."""
        found = output([*self._compose, "ps", "--quiet", f"{service}-ms"]).split()
        return [str(index) for index in range(1, len(found) + 1)]

    def invocation(self, service: str, arguments: Sequence[str], replica: str = "") -> Invocation:
        """Return what runs a command of a service, in a replica or in the first one."""
        terminal = [] if os.isatty(0) else ["-T"]
        where = ["exec", *terminal, "--index", replica or "1", f"{service}-ms"]
        return Invocation([*self._compose, *where, "python", "-m", service, *arguments])

    def dump(self, database: str) -> Invocation:
        """Return what writes a backup of a database to standard output."""
        name = f"{database}-db"
        password = f"/secrets/{name}/root-password"
        script = SCRIPT.format(password=password, tls="&tls=true&tlsCAFile=/secrets/ca.crt")
        return Invocation([*self._compose, "exec", "-T", name, "bash", "-c", script])

    def perform(self, step: str) -> None:
        """Perform a step of a key rotation."""
        output([*self._compose, "run", "--rm", "secrets", step])

    def restart(self, services: Sequence[str]) -> None:
        """Restart services, and wait until they are ready."""
        names = [f"{service}-ms" for service in services]
        output([*self._compose, "restart", *names])
        output([*self._compose, "up", "--detach", "--wait", "--no-recreate", *names])


class Cluster:
    """The pods of a namespace.

    Args:
        namespace: The namespace.
        context: The context of kubectl, None for the current one.
    """

    def __init__(self, namespace: str, context: str | None) -> None:
        chosen = ["--context", context] if context else []
        self._kubectl = ["kubectl", *chosen, "--namespace", namespace]

    def parts(self) -> list[Part]:
        """Return the Deployments and StatefulSets."""
        found = output([*self._kubectl, "get", "deployments,statefulsets", "--output", "json"])
        return [_workload(item) for item in json.loads(found)["items"]]

    def replicas(self, service: str) -> list[str]:
        """Return the running pods of a service."""
        selected = ["--selector", f"app.kubernetes.io/name={service}-ms"]
        running = ["--field-selector", "status.phase=Running"]
        return output([*self._kubectl, "get", "pods", *selected, *running, "-o", "name"]).split()

    def invocation(self, service: str, arguments: Sequence[str], replica: str = "") -> Invocation:
        """Return what runs a command of a service, in a pod or in any."""
        terminal = ["--stdin", "--tty"] if os.isatty(0) else ["--stdin"]
        where = ["exec", *terminal, replica or f"deployment/{service}-ms", "--"]
        return Invocation([*self._kubectl, *where, "python", "-m", service, *arguments])

    def dump(self, database: str) -> Invocation:
        """Return what writes a backup of a database, from a member that is usually a secondary."""
        script = SCRIPT.format(password="/secrets/root-password", tls=TLS)  # noqa: S106 - a path.
        return Invocation([*self._kubectl, "exec", f"{database}-db-1", "--", "bash", "-c", script])

    def perform(self, step: str) -> None:
        """Perform a step of a key rotation."""
        perform(step, ClusterKeys(self._kubectl))

    def restart(self, services: Sequence[str]) -> None:
        """Restart services, and wait until they are ready."""
        names = [f"deployment/{service}-ms" for service in services]
        output([*self._kubectl, "rollout", "restart", *names])
        for name in names:
            output([*self._kubectl, "rollout", "status", name, "--timeout=5m"])


def _container(found: Mapping[str, Any]) -> Part:
    state, health = found["State"], found.get("Health", "")
    ended_well = state == "exited" and found.get("ExitCode") == 0
    well = ended_well or (state == "running" and health in {"", "healthy"})
    return Part(found["Service"], "done" if ended_well else health or state, well)


def _workload(item: Mapping[str, Any]) -> Part:
    wanted = item["spec"].get("replicas", 1)
    ready = item["status"].get("readyReplicas", 0)
    return Part(item["metadata"]["name"], f"{ready} of {wanted} ready", ready >= wanted)
