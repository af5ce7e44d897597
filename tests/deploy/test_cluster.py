"""Both overlays on the control plane that KUBECONFIG names, whose nodes are kwok's.

Proves that the API server takes every document without a warning, that the restricted Pod Security
level lets every pod in, that rollouts, volumes, budgets, autoscalers and going back work. Can't
prove that a container starts: test_node.py does. Kinds whose definitions the cluster does not have
are told and left out.
"""

import base64
import json
import subprocess
from collections.abc import Callable, Iterator

import pytest
import yaml
from tests.deploy.kubernetes import (
    NAMESPACE,
    eventually,
    get,
    images,
    kubectl,
    released,
    remove,
    undo,
    wait_for_jobs,
    wait_for_rollouts,
)
from tests.deploy.manifests import KUBERNETES, OVERLAYS

SECRETS = {
    **{f"{one}-db": ("key", "root-password", "service-password") for one in ("products", "orders")},
    "authentication-db": ("key", "root-password", "service-password"),
    "authentication-ms": ("mongo-url", "signing-key"),
    "products-ms": ("mongo-url",),
    "orders-ms": ("mongo-url",),
}
pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> Iterator[str]:
    """An overlay, applied as its first release, in a namespace of its own."""
    remove()
    kubectl("apply", "-f", str(KUBERNETES / "base" / "namespace.yaml"))
    for name, keys in SECRETS.items():
        data = {key: base64.b64encode(b"x").decode() for key in keys}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
        kubectl("apply", "-n", NAMESPACE, "-f", "-", given=yaml.safe_dump(secret))
    if request.param == "gke":
        # As GKE has it, of the cluster's own making here.
        [own] = json.loads(kubectl("get", "storageclass", "-o", "json"))["items"][:1]
        like = {key: own[key] for key in ("apiVersion", "kind", "provisioner")}
        like["metadata"] = {"name": "premium-rwo"}
        kubectl("apply", "-f", "-", given=yaml.safe_dump(like))
    documents = released(request.param, "r1")
    strict = ("apply", "--validate=strict", "-f", "-")
    kubectl(*strict, "--dry-run=server", given=documents)
    kubectl(*strict, given=documents)
    wait_for_rollouts()
    yield request.param
    remove()


class TestFirstRelease:
    def test_every_pod_runs_and_every_job_is_done(self, overlay: str) -> None:
        wait_for_jobs()
        phases = {pod["status"]["phase"] for pod in get("pods")}
        assert phases <= {"Running", "Succeeded"}

    def test_every_volume_is_bound(self, overlay: str) -> None:
        claims = get("persistentvolumeclaims")
        assert len(claims) == 12
        assert {claim["status"]["phase"] for claim in claims} == {"Bound"}

    def test_every_service_has_its_pods_behind_it(self, overlay: str) -> None:
        for slices in get("endpointslices"):
            assert slices["endpoints"], slices["metadata"]["name"]

    def test_applying_it_again_changes_nothing(self, overlay: str) -> None:
        # It fails where there is a difference.
        assert not kubectl("diff", "-f", "-", given=released(overlay, "r1"))


class TestNodes:
    def test_one_is_drained_while_the_budgets_hold(self, overlay: str) -> None:
        nodes = json.loads(kubectl("get", "nodes", "-o", "json"))["items"]
        assert len(nodes) > 1
        node = nodes[0]["metadata"]["name"]
        options = ("--ignore-daemonsets", "--delete-emptydir-data", "--timeout=300s")
        try:
            # It warns of each budget that makes it wait.
            kubectl("drain", node, *options, warns=True)
            wait_for_rollouts()
            assert all(
                pod["spec"].get("nodeName") != node
                for pod in get("pods")
                if pod["status"]["phase"] == "Running"
            )
        finally:
            kubectl("uncordon", node)


class TestUpgrade:
    def test_a_second_release_and_back(self, overlay: str) -> None:
        # Given
        before = images()
        # When
        kubectl("apply", "-f", "-", given=released(overlay, "r2"))
        wait_for_rollouts()
        # Then
        after = images()
        assert {name for name in before if before[name] != after[name]} == set(before)
        jobs = {job["metadata"]["name"] for job in get("jobs")}
        assert {"orders-migrate-r1", "orders-migrate-r2"} <= jobs
        # When
        undo()
        # Then
        assert images() == before


class TestAutoscaler:
    @pytest.fixture
    def busy(self) -> Callable[[str, str], None]:
        """Says how much CPU fake pods of a service use."""

        def set_usage(service: str, cpu: str) -> None:
            selector = ("-l", f"app.kubernetes.io/name={service}", "-n", NAMESPACE)
            usage = f"kwok.x-k8s.io/usage-cpu={cpu}"
            command = ["kubectl", "annotate", "pods", *selector, "--overwrite", usage]
            # One that is just going away may be missed.
            subprocess.run(command, capture_output=True, check=False)

        return set_usage

    def test_it_scales_out_and_back(self, overlay: str, busy: Callable[[str, str], None]) -> None:
        def replicas() -> int:
            count: int = get("deployments", "orders-ms")["status"]["replicas"]
            return count

        busy("orders-ms", "900m")
        eventually(lambda: replicas() > 2, "orders-ms grows")

        def quiet_and_small() -> bool:
            # A new pod starts without the annotation, so it is said again.
            busy("orders-ms", "1m")
            return replicas() == 2

        eventually(quiet_and_small, "orders-ms shrinks")


def test_everything_goes_away() -> None:
    remove()
    assert NAMESPACE not in kubectl("get", "namespaces", "-o", "name")
