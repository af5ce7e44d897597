"""What an overlay says, as kustomize builds it."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from tests.deploy.compose import REPOSITORY

KUBERNETES = REPOSITORY / "infrastructure" / "kubernetes"
OVERLAYS = ("minikube", "gke")
COMPONENTS = ("ingress", "keda", "one-node", "traces")
TOOLS = REPOSITORY / ".local" / "deploy" / "requirements" / "bin"
WORKLOADS = ("Deployment", "StatefulSet", "Job")

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Overlay:
    """The documents of one overlay."""

    documents: tuple[Manifest, ...]

    def of_kind(self, *kinds: str) -> Iterator[Manifest]:
        return (each for each in self.documents if each["kind"] in kinds)

    def workloads(self) -> Iterator[tuple[str, Manifest]]:
        """Return each workload's name with what its pods are."""
        for each in self.of_kind(*WORKLOADS):
            yield each["metadata"]["name"], each["spec"]["template"]

    def selected(self, labels: dict[str, str]) -> list[str]:
        """Return the workloads whose pods have all these labels."""
        return [
            name
            for name, template in self.workloads()
            if labels.items() <= template["metadata"]["labels"].items()
        ]


@cache
def built(folder: Path) -> str:
    """Return what kustomize makes of a folder.

    Raises:
        AssertionError: It makes nothing of it.
    """
    command = [str(TOOLS / "kubectl"), "kustomize", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # It warns of what will be dropped.
    assert not done.stderr, done.stderr
    return done.stdout


def overlay(name: str) -> Overlay:
    text = built(KUBERNETES / "overlays" / name)
    return Overlay(tuple(each for each in yaml.safe_load_all(text) if each))


def containers(template: Manifest) -> Iterator[Manifest]:
    yield from template["spec"].get("initContainers", [])
    yield from template["spec"]["containers"]
