"""The overlay minikube on a real node: what pods do that really run.

Proves that the documented commands bring the shop up, that orders are placed and ACCEPTED through
nginx-proxy, that a new release, a lost pod and a broken release cost no request or no order, that
the autoscalers see real CPU. Can't prove what several machines add, nor that a NetworkPolicy is
enforced where the cluster does not.
"""

import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.deploy.kubernetes import (
    NAMESPACE,
    RELEASES,
    bring_in,
    deploy,
    eventually,
    get,
    images,
    kubectl,
    pods_of,
    remove,
    undo,
    wait_for_jobs,
    wait_for_rollouts,
)
from tests.deploy.shopper import PRODUCT, SHOPPER, Shop, tell
from tests.deploy.traffic import Traffic

SERVICES = ("gateway-ms", "authentication-ms", "products-ms", "orders-ms")
STATELESS = ("nginx-proxy", *SERVICES)
DATABASES = ("authentication-db", "products-db", "orders-db")
STATEFUL = (*DATABASES, "kafka")
SETTLED_SECONDS = 120
CUSTOMERS = 8

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture
def traffic(shop: Shop, address: str, customer: str) -> Iterator[Traffic]:
    """Customers all the while; in the end each order is settled, and the stock adds up."""
    before = shop.quantity()
    with Traffic(address, customer, {"name": PRODUCT, "quantity": 1}) as traffic:
        traffic.until_orders(10)
        yield traffic
        traffic.until_orders(10)
    tell(str(traffic))
    for failure in traffic.failures[:5]:
        tell(f"  {failure}")
    assert {shop.outcome(customer, one) for one in traffic.orders} == {"ACCEPTED"}
    eventually(lambda: shop.quantity() == before - len(traffic.orders), "stock", SETTLED_SECONDS)


def delete_one(name: str, *options: str) -> None:
    """Delete a pod of a workload, a set's first, and wait until another does its work."""
    pods = sorted(pods_of(name), key=lambda pod: str(pod["metadata"]["name"]))
    gone = pods[0]["metadata"]
    began = time.monotonic()
    # It warns that it can't know what became of a pod that it was forced to forget.
    kubectl("delete", "pod", gone["name"], "-n", NAMESPACE, *options, warns=True)

    def all_there() -> bool:
        now = pods_of(name)
        ready = [
            condition["status"] == "True"
            for pod in now
            for condition in pod["status"].get("conditions", [])
            if condition["type"] == "Ready"
        ]
        same = gone["uid"] in {pod["metadata"]["uid"] for pod in now}
        return len(now) == len(pods) == sum(ready) and not same

    eventually(all_there, f"{name} has all its pods")
    wait_for_rollouts()
    tell(f"{gone['name']}: all there again after {time.monotonic() - began:.0f} s")


def signing_in(address: str, ending: threading.Event) -> int:
    """Sign a customer in until the end, and return how often."""
    shop, count = Shop(address), 0
    try:
        while not ending.is_set():
            shop.sign_in(SHOPPER)
            count += 1
    finally:
        shop.close()
    return count


class TestFirstRelease:
    def test_every_pod_runs_and_every_job_is_done(self, shop: Shop) -> None:
        wait_for_jobs()
        assert len(get("jobs")) == 6
        assert {pod["status"]["phase"] for pod in get("pods")} == {"Running", "Succeeded"}

    def test_every_volume_is_bound(self, shop: Shop) -> None:
        claims = get("persistentvolumeclaims")
        assert len(claims) == 12
        assert {claim["status"]["phase"] for claim in claims} == {"Bound"}

    def test_an_order_is_accepted(self, shop: Shop, customer: str) -> None:
        began = time.monotonic()
        assert shop.outcome(customer, shop.order(customer)) == "ACCEPTED"
        tell(f"ACCEPTED after {time.monotonic() - began:.2f} s")

    def test_the_web_shop_is_served(self, shop: Shop) -> None:
        page = shop.get("/")
        assert page.status_code == 200
        [asset, *_] = re.findall(r'"(/assets/[^"]+\.js)"', page.text)
        assert shop.get(asset).status_code == 200

    @pytest.mark.parametrize("name", [*STATELESS, *STATEFUL])
    def test_what_runs_is_not_root_and_can_not_write_its_root(self, shop: Shop, name: str) -> None:
        pod = pods_of(name)[0]["metadata"]["name"]
        look = ("exec", "-n", NAMESPACE, pod, "--", "bash", "-c")
        assert kubectl(*look, "id -u").strip() != "0"
        assert "Read-only" in kubectl(*look, "touch /here 2>&1 || true")

    def test_memory_at_rest(self, shop: Shop) -> None:
        def seen() -> str:
            done = subprocess.run(
                ["kubectl", "top", "pods", "-n", NAMESPACE, "--no-headers"],
                capture_output=True,
                text=True,
                check=False,
            )
            return done.stdout if done.stdout.count("\n") >= len(get("deployments")) else ""

        eventually(seen, "metrics")
        tell(seen().replace("\n", "\n    "))


class TestRelease:
    def test_a_second_release_fails_no_request(self, traffic: Traffic) -> None:
        before = images()
        bring_in(RELEASES[1])
        wait_for_jobs()
        after = images()
        assert {name for name in before if before[name] != after[name]} == set(before)
        traffic.until_orders(20)
        assert not traffic.failures

    def test_going_back_fails_no_request(self, traffic: Traffic) -> None:
        undo()
        assert all(image.endswith(f":{RELEASES[0]}") for image in images().values())
        traffic.until_orders(20)
        assert not traffic.failures

    def test_a_release_that_does_not_come_up_is_undone(self, traffic: Traffic) -> None:
        before = images()
        broken = deploy(
            "minikube", "broken", "orders-ms=kiosk/orders-ms:broken", "--", "orders-ms",
            PATIENCE="40s",
        )  # fmt: skip
        assert broken.returncode == 1
        assert "release broken did not come up: deployment.apps/orders-ms" in broken.stderr
        wait_for_rollouts()
        assert images() == before
        traffic.until_orders(20)
        assert not traffic.failures
        kubectl("delete", "job", "orders-migrate-broken", "-n", NAMESPACE)


class TestLostPods:
    @pytest.mark.parametrize("name", STATELESS)
    def test_one_of_a_service_fails_no_request(self, traffic: Traffic, name: str) -> None:
        delete_one(name)
        traffic.until_orders(20)
        assert not traffic.failures

    @pytest.mark.parametrize("name", STATEFUL)
    def test_a_database_or_a_broker_loses_no_order(self, traffic: Traffic, name: str) -> None:
        delete_one(name)

    @pytest.mark.parametrize(
        "name", ["products-ms", "orders-ms", "products-db", "orders-db", "kafka"]
    )
    def test_one_that_ends_at_once_loses_no_order(self, traffic: Traffic, name: str) -> None:
        delete_one(name, "--grace-period=0", "--force")

    def test_databases_and_brokers_change_one_after_the_other(self, traffic: Traffic) -> None:
        began = time.monotonic()
        sets = [f"statefulset/{name}" for name in STATEFUL]
        kubectl("rollout", "restart", *sets, "-n", NAMESPACE)
        wait_for_rollouts()
        tell(f"all of them after {time.monotonic() - began:.0f} s")


class TestAutoscaler:
    @pytest.fixture
    def busy(self, shop: Shop, address: str) -> Iterator[Callable[[], int]]:
        """Customers who sign in one after the other, which is work; gives how often they did."""
        ending = threading.Event()
        with ThreadPoolExecutor(CUSTOMERS) as pool:
            customers = [pool.submit(signing_in, address, ending) for _ in range(CUSTOMERS)]

            def rest() -> int:
                ending.set()
                return sum(customer.result() for customer in customers)

            try:
                yield rest
            finally:
                ending.set()

    def test_it_scales_out_on_real_cpu_and_back(self, busy: Callable[[], int]) -> None:
        def replicas() -> int:
            count: int = get("deployments", "authentication-ms")["status"]["replicas"]
            return count

        began = time.monotonic()
        eventually(lambda: replicas() > 2, "authentication-ms grows")
        grown = time.monotonic()
        tell(f"grows after {grown - began:.0f} s")
        wait_for_rollouts()
        tell(f"{busy() / (time.monotonic() - began):.0f} sign-ins a second")
        rested = time.monotonic()
        eventually(lambda: replicas() == 2, "authentication-ms shrinks", 600)
        tell(f"shrinks after {time.monotonic() - rested:.0f} s of rest")


def test_nothing_was_started_again(shop: Shop) -> None:
    """No probe ended what was only busy, and nothing died."""
    starts = {
        pod["metadata"]["name"]: status["restartCount"]
        for pod in get("pods")
        if "job-name" not in pod["metadata"]["labels"]
        for status in pod["status"]["containerStatuses"]
    }
    assert {name: count for name, count in starts.items() if count} == {}


def test_everything_goes_away(address: str) -> None:
    remove()
    assert NAMESPACE not in kubectl("get", "namespaces", "-o", "name")
    eventually(
        lambda: NAMESPACE not in kubectl("get", "persistentvolumes", "-o", "json"), "volumes"
    )
