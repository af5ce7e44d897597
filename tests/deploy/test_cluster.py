"""Both overlays on the control plane that KUBECONFIG names.

Proves that the API server takes every document without a warning, that the restricted Pod Security
level lets every pod in, that rollouts, volumes, budgets, autoscalers and going back work. Where the
nodes are fake it can't prove that a container starts. Kinds whose definitions the cluster does not
have are told and left out.
"""

import base64
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from tests.deploy.manifests import KUBERNETES, OVERLAYS
from tests.deploy.shopper import tell

NAMESPACE = "kiosk"
SERVICES = ("gateway-ms", "authentication-ms", "products-ms", "orders-ms")
SECRETS = {
    **{f"{one}-db": ("key", "root-password", "service-password") for one in ("products", "orders")},
    "authentication-db": ("key", "root-password", "service-password"),
    "authentication-ms": ("mongo-url", "signing-key"),
    "products-ms": ("mongo-url",),
    "orders-ms": ("mongo-url",),
}
PATIENCE_SECONDS = 300

pytestmark = pytest.mark.timeout(1200)


def kubectl(*arguments: str, given: str | None = None, warns: bool = False) -> str:
    """Run kubectl, with documents on its standard input.

    Raises:
        AssertionError: It failed, or the API server warned.
    """
    command = ["kubectl", *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{arguments}\n{done.stdout[-2000:]}\n{done.stderr}"
    assert warns or "Warning" not in done.stderr, done.stderr
    return done.stdout


def get(kind: str, name: str = "") -> Any:
    found = json.loads(kubectl("get", kind, *filter(None, [name]), "-n", NAMESPACE, "-o", "json"))
    return found if name else found["items"]


def eventually(condition: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(1)


def released(overlay: str, release: str) -> str:
    """Return what `deploy` would apply, without kinds that the cluster does not know."""
    settings = {"PRINT": "1", "PROJECT_ID": "a-project", "SHOP_HOST": "shop.test"}
    done = subprocess.run(
        [str(KUBERNETES / "deploy"), overlay, release],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    resources = kubectl("api-resources", "--no-headers").splitlines()
    known = {tuple(line.split()[-3::2]) for line in resources}
    documents = list(yaml.safe_load_all(done.stdout))
    unknown = {
        each["kind"] for each in documents if (each["apiVersion"], each["kind"]) not in known
    }
    if unknown:
        tell(f"{overlay}: NOT CHECKED, as the cluster does not know them: {sorted(unknown)}")
    text: str = yaml.safe_dump_all(each for each in documents if each["kind"] not in unknown)
    return text


def wait_for_rollouts() -> None:
    for kind in ("deployments", "statefulsets"):
        for each in get(kind):
            name = f"{kind}/{each['metadata']['name']}"
            kubectl("rollout", "status", name, "-n", NAMESPACE, f"--timeout={PATIENCE_SECONDS}s")


def images() -> dict[str, str]:
    return {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]["containers"][0]["image"]
        for each in get("deployments")
    }


def remove() -> None:
    kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=300s")


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
        eventually(
            lambda: all(job.get("status", {}).get("succeeded") for job in get("jobs")), "jobs"
        )
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
        if len(nodes) < 2:
            pytest.skip("NOT RUN: there is one node only")
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
        for name in before:
            # It warns that what was applied last is another now; the next release says all anew.
            kubectl("rollout", "undo", f"deployment/{name}", "-n", NAMESPACE, warns=True)
        wait_for_rollouts()
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
        nodes = json.loads(kubectl("get", "nodes", "-o", "json"))["items"]
        if not nodes[0]["status"]["nodeInfo"]["kubeletVersion"].startswith("kwok"):
            pytest.skip("NOT RUN: needs fake nodes, whose pods use what they are told")

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
