"""Both overlays on the control plane of KUBECONFIG, whose nodes are simulated by kwok.

The tests prove that the API server accepts every manifest without a warning, that the restricted
Pod Security level admits every pod, and that rollouts, volumes, budgets, autoscalers and rollbacks
work. They cannot prove that a container starts; test_node.py does. Manifests of kinds that the
cluster does not know are reported and left out.
"""

import base64
import json
import subprocess
from collections.abc import Callable, Iterator

import pytest
import yaml
from tests.deploy.documented import VOLUMES_PAGE, find_block, run
from tests.deploy.kubernetes import (
    NAMESPACE,
    get,
    get_all,
    get_images,
    get_pods,
    kubectl,
    remove,
    render_release,
    roll_back,
    wait_for_jobs,
    wait_for_rollouts,
    wait_until,
)
from tests.deploy.manifests import KUBERNETES, OVERLAYS

SECRETS = {
    **{
        f"{service}-db": ("key", "root-password", "service-password")
        for service in ("authentication", "products", "orders")
    },
    **{
        f"{service}-migrate": ("mongo-url", "password")
        for service in ("authentication", "products", "orders")
    },
    **{
        f"{server}-tls": ("ca.crt", "tls-combined.pem")
        for server in ("authentication-db", "products-db", "orders-db", "kafka")
    },
    "products-ms-kafka": ("password",),
    "orders-ms-kafka": ("password",),
    "authentication-ms": ("mongo-url", "signing-key"),
    "products-ms": ("mongo-url",),
    "orders-ms": ("mongo-url",),
}
POOL = "cloud.google.com/gke-nodepool=state"
pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of an overlay whose first release is applied in a new namespace."""
    remove()
    kubectl("apply", "-f", str(KUBERNETES / "base" / "namespace.yaml"))
    for name, keys in SECRETS.items():
        data = {key: base64.b64encode(b"x").decode() for key in keys}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
        kubectl("apply", "-n", NAMESPACE, "-f", "-", stdin=yaml.safe_dump(secret))
    if request.param == "gke":
        # GKE's storage class, with the provisioner of this cluster.
        [present] = json.loads(kubectl("get", "storageclass", "-o", "json"))["items"][:1]
        storage_class = {key: present[key] for key in ("apiVersion", "kind", "provisioner")}
        storage_class |= {"metadata": {"name": "premium-rwo"}, "allowVolumeExpansion": True}
        kubectl("apply", "-f", "-", stdin=yaml.safe_dump(storage_class))
        # Each node is one of the pool for databases and brokers, in another zone.
        kubectl("label", "nodes", "--all", "--overwrite", POOL)
    manifests = render_release(request.param, "r1")
    strict = ("apply", "--validate=strict", "-f", "-")
    kubectl(*strict, "--dry-run=server", stdin=manifests)
    kubectl(*strict, stdin=manifests)
    wait_for_rollouts()
    yield request.param
    remove()


class TestFirstRelease:
    def test_runs_every_pod_and_completes_every_job(self, overlay: str) -> None:
        wait_for_jobs()
        phases = {pod["status"]["phase"] for pod in get_all("pods")}
        assert phases <= {"Running", "Succeeded"}

    def test_binds_every_volume(self, overlay: str) -> None:
        claims = get_all("persistentvolumeclaims")
        assert len(claims) == 12
        assert {claim["status"]["phase"] for claim in claims} == {"Bound"}

    def test_gives_every_service_endpoints(self, overlay: str) -> None:
        for endpoint_slice in get_all("endpointslices"):
            assert endpoint_slice["endpoints"], endpoint_slice["metadata"]["name"]

    def test_applies_again_without_a_change(self, overlay: str) -> None:
        # kubectl diff fails if there is a difference.
        assert not kubectl("diff", "-f", "-", stdin=render_release(overlay, "r1"))


def count_ready_members() -> set[int]:
    """Return how many members of the databases and of Kafka are ready."""
    return {found["status"].get("readyReplicas", 0) for found in get_all("statefulsets")}


class TestNodes:
    def test_drains_a_node_within_the_disruption_budgets(self, overlay: str) -> None:
        nodes = json.loads(kubectl("get", "nodes", "-o", "json"))["items"]
        assert len(nodes) > 1
        node = nodes[0]["metadata"]["name"]
        options = ("--ignore-daemonsets", "--delete-emptydir-data", "--timeout=300s")
        try:
            # It warns of each budget for which it waits.
            kubectl("drain", node, *options, may_warn=True)
            if overlay == "gke":
                # No two members may share a zone, so one of each waits for the node.
                wait_until(lambda: count_ready_members() == {2}, "two members of each remain")
            else:
                wait_for_rollouts()
            assert all(
                pod["spec"].get("nodeName") != node
                for pod in get_all("pods")
                if pod["status"]["phase"] == "Running"
            )
        finally:
            kubectl("uncordon", node)
        wait_for_rollouts()
        assert count_ready_members() == {3}


class TestVolumes:
    def test_grow_without_a_restart(self, overlay: str) -> None:
        # Given
        name, size = "orders-db", "20Gi"
        before = {pod["metadata"]["uid"] for pod in get_pods(name)}
        commands = find_block(VOLUMES_PAGE, "cascade=orphan")
        # When
        run(commands.replace("NAME", name).replace("SIZE", size))
        documents = list(yaml.safe_load_all(render_release(overlay, "r1")))
        [database] = [
            found
            for found in documents
            if (found["kind"], found["metadata"]["name"]) == ("StatefulSet", name)
        ]
        [claim] = database["spec"]["volumeClaimTemplates"]
        claim["spec"]["resources"]["requests"]["storage"] = size
        kubectl("apply", "-f", "-", stdin=yaml.safe_dump(database))
        wait_for_rollouts()
        # Then
        claims = get_all("persistentvolumeclaims", "-l", f"app.kubernetes.io/name={name}")
        sizes = [found["spec"]["resources"]["requests"]["storage"] for found in claims]
        assert sizes == [size] * 3
        assert {pod["metadata"]["uid"] for pod in get_pods(name)} == before


class TestUpgrade:
    def test_replaces_every_image_and_rolls_back(self, overlay: str) -> None:
        # Given
        before = get_images()
        # When
        kubectl("apply", "-f", "-", stdin=render_release(overlay, "r2"))
        wait_for_rollouts()
        # Then
        after = get_images()
        assert {name for name in before if before[name] != after[name]} == set(before)
        jobs = {job["metadata"]["name"] for job in get_all("jobs")}
        assert {"orders-migrate-r1", "orders-migrate-r2"} <= jobs
        # When
        roll_back()
        # Then
        assert get_images() == before


SetUsage = Callable[[str, str], None]


class TestAutoscaler:
    @pytest.fixture
    def set_usage(self) -> SetUsage:
        """Sets how much CPU the simulated pods of a service use."""

        def set_usage(service: str, cpu: str) -> None:
            selector = ("-l", f"app.kubernetes.io/name={service}", "-n", NAMESPACE)
            usage = f"kwok.x-k8s.io/usage-cpu={cpu}"
            command = ["kubectl", "annotate", "pods", *selector, "--overwrite", usage]
            # A pod may terminate at the same time, which is no error.
            subprocess.run(command, capture_output=True, check=False)

        return set_usage

    def test_scales_out_and_in(self, overlay: str, set_usage: SetUsage) -> None:
        def count_replicas() -> int:
            count: int = get("deployments", "orders-ms")["status"]["replicas"]
            return count

        # When
        set_usage("orders-ms", "900m")
        # Then
        wait_until(lambda: count_replicas() > 2, "orders-ms scales out")

        def is_small_when_idle() -> bool:
            # Repeated, because a new pod starts without the annotation.
            set_usage("orders-ms", "1m")
            return count_replicas() == 2

        wait_until(is_small_when_idle, "orders-ms scales in")


def test_removes_everything() -> None:
    remove()
    assert NAMESPACE not in kubectl("get", "namespaces", "-o", "name")
