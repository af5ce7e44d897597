"""The cluster that KUBECONFIG names, and the shop's namespace in it."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from typing import Any

import yaml
from tests.deploy.manifests import KUBERNETES
from tests.deploy.shopper import tell

NAMESPACE = "kiosk"
RELEASES = os.environ.get("RELEASES", "r1 r2").split()
PATIENCE_SECONDS = 300
OF_GKE = {"PROJECT_ID": "a-project", "SHOP_HOST": "shop.test", "LOAD_BALANCER": "192.0.2.80"}


def kubectl(*arguments: str, given: str | None = None, warns: bool = False) -> str:
    """Run kubectl, with what it is to read on its standard input.

    Raises:
        AssertionError: It failed, or the API server warned.
    """
    command = ["kubectl", *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{arguments}\n{done.stdout[-2000:]}\n{done.stderr}"
    assert warns or "Warning" not in done.stderr, done.stderr
    return done.stdout


def get(kind: str, name: str = "") -> Any:
    """Return an object of the shop's namespace, or all of a kind."""
    found = json.loads(kubectl("get", kind, *filter(None, [name]), "-n", NAMESPACE, "-o", "json"))
    return found if name else found["items"]


def pods_of(name: str) -> list[Any]:
    """Return the pods of a workload that are not going away."""
    selector = f"app.kubernetes.io/name={name}"
    pods = kubectl("get", "pods", "-n", NAMESPACE, "-l", selector, "-o", "json")
    return [pod for pod in json.loads(pods)["items"] if "deletionTimestamp" not in pod["metadata"]]


def eventually(condition: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Poll until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(1)


def deploy(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `deploy` and return how it ended."""
    return subprocess.run(
        [str(KUBERNETES / "deploy"), *arguments],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def bring_in(release: str) -> None:
    """Bring a release to a real node, as `make deploy` does, without a warning."""
    began = time.monotonic()
    done = deploy("minikube", release)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warning" not in done.stderr, done.stderr
    tell(f"release {release} is up after {time.monotonic() - began:.0f} s")


def released(overlay: str, release: str) -> str:
    """Return what `deploy` would apply, without kinds that the cluster does not know."""
    done = deploy(overlay, release, PRINT="1", **OF_GKE)
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
    """Wait until every workload has all its pods, ready and of its last release."""
    for kind in ("deployments", "statefulsets"):
        for each in get(kind):
            name = f"{kind}/{each['metadata']['name']}"
            kubectl("rollout", "status", name, "-n", NAMESPACE, f"--timeout={PATIENCE_SECONDS}s")


def wait_for_jobs() -> None:
    """Wait until every job is done."""
    eventually(lambda: all(job.get("status", {}).get("succeeded") for job in get("jobs")), "jobs")


def images() -> dict[str, str]:
    """Return the image of each Deployment."""
    return {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]["containers"][0]["image"]
        for each in get("deployments")
    }


def undo() -> None:
    """Bring every Deployment back to its release before this one."""
    for name in images():
        # It warns that what was applied last is another now; the next release says all anew.
        kubectl("rollout", "undo", f"deployment/{name}", "-n", NAMESPACE, warns=True)
    wait_for_rollouts()


def remove() -> None:
    """Delete the namespace with everything in it, and wait until it is gone."""
    kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=300s")
