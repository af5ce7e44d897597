"""The manifests of the overlays, as kustomize builds them."""

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
COMPONENTS = (
    "backups",
    "cards",
    "ingress",
    "keda",
    "mail",
    "managed-prometheus",
    "one-node",
    "traces",
)
TOOLS = REPOSITORY / ".local" / "deploy" / "requirements" / "bin"
WORKLOADS = ("Deployment", "StatefulSet", "Job", "CronJob")

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Overlay:
    """The manifests of one overlay."""

    documents: tuple[Manifest, ...]

    def of_kind(self, *kinds: str) -> Iterator[Manifest]:
        return (document for document in self.documents if document["kind"] in kinds)

    def workloads(self) -> Iterator[tuple[str, Manifest]]:
        """Yield each workload's name and the template of its pods."""
        for workload in self.of_kind(*WORKLOADS):
            spec = workload["spec"]
            job = spec.get("jobTemplate", workload)["spec"]
            yield workload["metadata"]["name"], job["template"]

    def find_workloads(self, labels: dict[str, str]) -> list[str]:
        """Return the names of the workloads whose pods have all these labels."""
        return [
            name
            for name, template in self.workloads()
            if labels.items() <= template["metadata"]["labels"].items()
        ]


@cache
def build(folder: Path) -> str:
    """Build a folder with kustomize and return the manifests.

    Raises:
        AssertionError: kustomize failed or warned of a deprecation.
    """
    command = [str(TOOLS / "kubectl"), "kustomize", str(folder)]
    completed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stderr
    assert not completed.stderr, completed.stderr
    return completed.stdout


def build_overlay(name: str) -> Overlay:
    text = build(KUBERNETES / "overlays" / name)
    return Overlay(tuple(document for document in yaml.safe_load_all(text) if document))


def containers(template: Manifest) -> Iterator[Manifest]:
    yield from template["spec"].get("initContainers", [])
    yield from template["spec"]["containers"]
