"""Compares what the pods of the shop request at most with what the nodes on GKE offer.

The figures come from overlays/gke and from the variables of infrastructure/terraform. It exits with
1 if the pods do not fit.
"""

import math
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

KUBERNETES = Path(__file__).resolve().parent
TERRAFORM = KUBERNETES.parent / "terraform"
MACHINES = {"e2-medium": (2, 4), "e2-standard-2": (2, 8), "e2-standard-4": (4, 16)}
"""The CPUs and GiB of each machine type."""
SHARED_CORE = {"e2-medium"}
ZONES = 3
# Estimates, because Google may change them: the DaemonSets of GKE on each node, and the controllers
# and the system's other pods on the pool of the services.
SYSTEM_OF_A_NODE = (300, 500)
SYSTEM_OF_THE_POOL = [(250, 200)] * 8
MEMORY_STEPS = ((4, 0.25), (4, 0.2), (8, 0.1), (112, 0.06))
CPU_STEPS = ((1, 60), (1, 10), (2, 5))
UNITS = {"Mi": 1, "Gi": 1024}

Size = tuple[int, int]
"""Millicores and MiB."""


@dataclass(frozen=True)
class Pods:
    """Pods of the same size."""

    name: str
    count: int
    size: Size


def allocatable(machine: str) -> Size:
    """Return what GKE leaves of a machine to pods, by its page on the sizes of nodes."""
    cpus, gib = MACHINES[machine]
    reserved_cpu, left = (1060.0, 0) if machine in SHARED_CORE else (0.0, cpus)
    for cores, millicores in CPU_STEPS:
        reserved_cpu += min(left, cores) * millicores
        left = max(left - cores, 0)
    reserved_cpu += left * 2.5
    reserved_gib, rest = 0.0, gib
    for step, share in MEMORY_STEPS:
        reserved_gib += min(rest, step) * share
        rest = max(rest - step, 0)
    # kubelet evicts pods when less than 100 MiB are left.
    memory = (gib - reserved_gib) * 1024 - 100
    return math.floor(cpus * 1000 - reserved_cpu), math.floor(memory)


def variable(name: str) -> str:
    """Return the default of a variable of Terraform."""
    text = (TERRAFORM / "variables.tf").read_text(encoding="utf-8")
    [body] = re.findall(rf'^variable "{name}" \{{\n(.*?)^\}}', text, re.MULTILINE | re.DOTALL)
    [value] = re.findall(r'^  default += "?([\w-]+)"?$', body, re.MULTILINE)
    return str(value)


def request(template: dict[str, Any]) -> Size:
    """Return what a pod requests."""
    requests = [container["resources"]["requests"] for container in template["spec"]["containers"]]
    memory = [re.fullmatch(r"(\d+)(Mi|Gi)", each["memory"]) for each in requests]
    return (
        sum(int(str(each["cpu"]).removesuffix("m")) for each in requests),
        sum(int(found[1]) * UNITS[found[2]] for found in memory if found),
    )


def find_pods(manifests: list[dict[str, Any]]) -> tuple[list[Pods], list[Pods]]:
    """Return the pods of the services at their maximum, during an update, and those with state."""
    maxima = {
        found["spec"]["scaleTargetRef"]["name"]: found["spec"]["maxReplicas"]
        for found in manifests
        if found["kind"] == "HorizontalPodAutoscaler"
    }
    services, state = [], []
    for manifest in manifests:
        name, kind, spec = manifest["metadata"]["name"], manifest["kind"], manifest.get("spec", {})
        if kind == "Deployment":
            surge = spec["strategy"]["rollingUpdate"]["maxSurge"]
            count = maxima.get(name) or spec["replicas"]
            services.append(Pods(name, count + surge, request(spec["template"])))
        elif kind == "StatefulSet":
            state.append(Pods(name, spec["replicas"], request(spec["template"])))
    return services, state


def pack(sizes: list[Size], node: Size) -> int:
    """Return how many nodes these pods need if each goes to the first node with space."""
    free: list[Size] = []
    for cpu, memory in sorted(sizes, reverse=True):
        for index, (cpu_left, memory_left) in enumerate(free):
            if cpu <= cpu_left and memory <= memory_left:
                free[index] = (cpu_left - cpu, memory_left - memory)
                break
        else:
            free.append((node[0] - cpu, node[1] - memory))
    return len(free)


def report(
    name: str, machine: str, pods: list[Pods], system: list[Size], most: int
) -> Iterator[str]:
    """Yield the arithmetic of a pool, and at its end whether the pods fit."""
    cpu, memory = allocatable(machine)
    node = (cpu - SYSTEM_OF_A_NODE[0], memory - SYSTEM_OF_A_NODE[1])
    yield f"{name}: {machine}, {cpu}m, {memory} MiB; for pods {node[0]}m, {node[1]} MiB"
    for each in pods:
        yield f"  {each.name:20} {each.count:3} x {each.size[0]:4}m {each.size[1]:5} MiB"
    for size in sorted(set(system)):
        yield f"  {'system (estimate)':20} {system.count(size):3} x {size[0]:4}m {size[1]:5} MiB"
    sizes = [each.size for each in pods for _ in range(each.count)] + system
    needed = pack(sizes, node)
    total = (sum(size[0] for size in sizes), sum(size[1] for size in sizes))
    verdict = "fits" if needed <= most else "DOES NOT FIT"
    yield f"  {total[0]}m, {total[1]} MiB: {needed} nodes of at most {most}: {verdict}"


def main() -> int:
    """Print the arithmetic of both pools and return the exit code."""
    command = ["kubectl", "kustomize", str(KUBERNETES / "overlays" / "gke")]
    built = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    services, state = find_pods([found for found in yaml.safe_load_all(built) if found])
    # One node in each zone, with one member of each.
    members = [Pods(each.name, each.count // ZONES, each.size) for each in state]
    lines = [
        *report(
            "services",
            variable("service_machine_type"),
            services,
            SYSTEM_OF_THE_POOL,
            int(variable("service_nodes_at_most")),
        ),
        *report("state, in each zone", variable("state_machine_type"), members, [], 1),
    ]
    print("\n".join(lines))
    return 1 if any("DOES NOT FIT" in line for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
