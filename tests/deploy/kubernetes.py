"""The cluster of KUBECONFIG, and the shop's namespace in it."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from typing import Any

import yaml
from tests.deploy.manifests import KUBERNETES
from tests.deploy.shopper import report

NAMESPACE = "kiosk"
RELEASES = os.environ.get("RELEASES", "r1 r2").split()
TIMEOUT_SECONDS = 300
GKE_SETTINGS = {"PROJECT_ID": "a-project", "SHOP_HOST": "shop.test", "LOAD_BALANCER": "192.0.2.80"}

Object = dict[str, Any]


def kubectl(*arguments: str, stdin: str | None = None, may_warn: bool = False) -> str:
    """Run kubectl and return its output.

    Args:
        arguments: The command and its options.
        stdin: The standard input.
        may_warn: Whether warnings are acceptable.

    Raises:
        AssertionError: kubectl failed, or the API server warned.
    """
    command = ["kubectl", *arguments]
    completed = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    output = f"{arguments}\n{completed.stdout[-2000:]}\n{completed.stderr}"
    assert completed.returncode == 0, output
    assert may_warn or "Warning" not in completed.stderr, completed.stderr
    return completed.stdout


def get(kind: str, name: str) -> Object:
    """Return an object of the shop's namespace."""
    content: Object = json.loads(kubectl("get", kind, name, "-n", NAMESPACE, "-o", "json"))
    return content


def get_all(kind: str, *options: str) -> list[Object]:
    """Return all objects of a kind in the shop's namespace."""
    content = json.loads(kubectl("get", kind, "-n", NAMESPACE, *options, "-o", "json"))
    objects: list[Object] = content["items"]
    return objects


def get_pods(name: str) -> list[Object]:
    """Return the pods of a workload, without those that are terminating."""
    pods = get_all("pods", "-l", f"app.kubernetes.io/name={name}")
    return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]


def wait_until(
    condition: Callable[[], object], description: str, seconds: float = TIMEOUT_SECONDS
) -> None:
    """Poll until a condition holds.

    Raises:
        AssertionError: It does not hold within this time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {description}"
        time.sleep(1)


def deploy(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the script `deploy` and return its result."""
    return subprocess.run(
        [str(KUBERNETES / "deploy"), *arguments],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def deploy_release(release: str) -> None:
    """Deploy a release to a real node, as `make deploy` does, and expect no warning."""
    began = time.monotonic()
    completed = deploy("minikube", release)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert "Warning" not in completed.stderr, completed.stderr
    report(f"release {release} is up after {time.monotonic() - began:.0f} s")


def render_release(overlay: str, release: str) -> str:
    """Return the manifests that `deploy` would apply, without kinds unknown to the cluster."""
    completed = deploy(overlay, release, PRINT="1", **GKE_SETTINGS)
    assert completed.returncode == 0, completed.stderr
    resources = kubectl("api-resources", "--no-headers").splitlines()
    known = {tuple(line.split()[-3::2]) for line in resources}
    documents: list[Object] = list(yaml.safe_load_all(completed.stdout))
    unknown = {
        document["kind"]
        for document in documents
        if (document["apiVersion"], document["kind"]) not in known
    }
    if unknown:
        report(f"{overlay}: NOT CHECKED, unknown to the cluster: {sorted(unknown)}")
    text: str = yaml.safe_dump_all(
        document for document in documents if document["kind"] not in unknown
    )
    return text


def wait_for_rollouts() -> None:
    """Wait until all pods of every workload are ready and of its latest release."""
    for kind in ("deployments", "statefulsets"):
        for workload in get_all(kind):
            name = f"{kind}/{workload['metadata']['name']}"
            kubectl("rollout", "status", name, "-n", NAMESPACE, f"--timeout={TIMEOUT_SECONDS}s")


def wait_for_jobs() -> None:
    """Wait until every job has succeeded."""
    wait_until(
        lambda: all(job.get("status", {}).get("succeeded") for job in get_all("jobs")), "jobs"
    )


def get_images() -> dict[str, str]:
    """Return the image of each Deployment."""
    return {
        workload["metadata"]["name"]: workload["spec"]["template"]["spec"]["containers"][0]["image"]
        for workload in get_all("deployments")
    }


def roll_back() -> None:
    """Roll every Deployment back to its previous release."""
    for name in get_images():
        # It warns that the last applied configuration differs; the next release replaces it.
        kubectl("rollout", "undo", f"deployment/{name}", "-n", NAMESPACE, may_warn=True)
    wait_for_rollouts()


def remove() -> None:
    """Delete the namespace with all its objects, and wait until it is gone."""
    kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=300s")
