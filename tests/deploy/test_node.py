"""The overlay minikube on a real node.

The tests prove that the documented commands start the shop, that orders placed through nginx-proxy
are ACCEPTED, that a new release, a lost pod and a broken release lose no request or no order, and
that the autoscalers react to real CPU usage. They prove nothing about several machines, nor about
network policies if the cluster does not enforce them.
"""

import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.deploy.forgery import FORGERY, REFUSALS
from tests.deploy.kubernetes import (
    NAMESPACE,
    RELEASES,
    deploy,
    deploy_release,
    get,
    get_all,
    get_images,
    get_pods,
    kubectl,
    remove,
    roll_back,
    wait_for_jobs,
    wait_for_rollouts,
    wait_until,
)
from tests.deploy.shopper import PRODUCT, SHOPPER, Shop, report
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
    """Customers during the test. After it, every order is ACCEPTED and the stock adds up."""
    before = shop.stock()
    with Traffic(address, customer, {"name": PRODUCT, "quantity": 1}) as traffic:
        traffic.wait_for_orders(10)
        yield traffic
        traffic.wait_for_orders(10)
    report(str(traffic))
    for failure in traffic.failures[:5]:
        report(f"  {failure}")
    assert {shop.wait_until_decided(customer, id_) for id_ in traffic.orders} == {"ACCEPTED"}
    wait_until(lambda: shop.stock() == before - len(traffic.orders), "stock", SETTLED_SECONDS)


def delete_pod(name: str, *options: str) -> None:
    """Delete the first pod of a workload and wait until its replacement is ready."""
    pods = sorted(get_pods(name), key=lambda pod: str(pod["metadata"]["name"]))
    deleted = pods[0]["metadata"]
    began = time.monotonic()
    # It warns that a pod may still run after it was deleted by force.
    kubectl("delete", "pod", deleted["name"], "-n", NAMESPACE, *options, may_warn=True)

    def is_replaced() -> bool:
        current = get_pods(name)
        ready = [
            condition["status"] == "True"
            for pod in current
            for condition in pod["status"].get("conditions", [])
            if condition["type"] == "Ready"
        ]
        remains = deleted["uid"] in {pod["metadata"]["uid"] for pod in current}
        return len(current) == len(pods) == sum(ready) and not remains

    wait_until(is_replaced, f"{name} has all its pods")
    wait_for_rollouts()
    report(f"{deleted['name']}: replaced after {time.monotonic() - began:.0f} s")


def sign_in_repeatedly(address: str, ending: threading.Event) -> int:
    """Sign a customer in until an event is set, and return how many times."""
    shop, count = Shop(address), 0
    try:
        while not ending.is_set():
            shop.sign_in(SHOPPER)
            count += 1
    finally:
        shop.close()
    return count


class TestFirstRelease:
    def test_runs_every_pod_and_completes_every_job(self, shop: Shop) -> None:
        wait_for_jobs()
        assert len(get_all("jobs")) == 7
        assert {pod["status"]["phase"] for pod in get_all("pods")} == {"Running", "Succeeded"}

    def test_binds_every_volume(self, shop: Shop) -> None:
        claims = get_all("persistentvolumeclaims")
        assert len(claims) == 12
        assert {claim["status"]["phase"] for claim in claims} == {"Bound"}

    def test_accepts_an_order(self, shop: Shop, customer: str) -> None:
        began = time.monotonic()
        assert shop.wait_until_decided(customer, shop.order(customer)) == "ACCEPTED"
        report(f"ACCEPTED after {time.monotonic() - began:.2f} s")

    def test_brokers_refuse_a_forged_outcome(self, shop: Shop, customer: str) -> None:
        # Given
        order_id = shop.order(customer)
        assert shop.wait_until_decided(customer, order_id) == "ACCEPTED"
        # When
        replies = {
            who: kubectl(
                *("exec", "-i", "-n", NAMESPACE, "deployment/orders-ms", "--"),
                *("python", "-", order_id, who),
                stdin=FORGERY.read_text(encoding="utf-8"),
            )
            for who in REFUSALS
        }
        # Then
        assert replies == REFUSALS
        assert shop.get(f"/api/orders/{order_id}", customer).json()["status"] == "ACCEPTED"

    def test_serves_the_web_shop(self, shop: Shop) -> None:
        page = shop.get("/")
        assert page.status_code == 200
        [asset, *_] = re.findall(r'"(/assets/[^"]+\.js)"', page.text)
        assert shop.get(asset).status_code == 200

    @pytest.mark.parametrize("name", [*STATELESS, *STATEFUL])
    def test_runs_no_pod_as_root_or_with_a_writable_root(self, shop: Shop, name: str) -> None:
        pod = get_pods(name)[0]["metadata"]["name"]
        execute = ("exec", "-n", NAMESPACE, pod, "--", "bash", "-c")
        assert kubectl(*execute, "id -u").strip() != "0"
        assert "Read-only" in kubectl(*execute, "touch /here 2>&1 || true")

    def test_reports_the_memory_at_rest(self, shop: Shop) -> None:
        def read_metrics() -> str:
            top = subprocess.run(
                ["kubectl", "top", "pods", "-n", NAMESPACE, "--no-headers"],
                capture_output=True,
                text=True,
                check=False,
            )
            return top.stdout if top.stdout.count("\n") >= len(get_all("deployments")) else ""

        wait_until(read_metrics, "metrics")
        report(read_metrics().replace("\n", "\n    "))


class TestRelease:
    def test_upgrades_without_a_failed_request(self, traffic: Traffic) -> None:
        # Given
        before = get_images()
        # When
        deploy_release(RELEASES[1])
        wait_for_jobs()
        # Then
        after = get_images()
        assert {name for name in before if before[name] != after[name]} == set(before)
        traffic.wait_for_orders(20)
        assert not traffic.failures

    def test_rolls_back_without_a_failed_request(self, traffic: Traffic) -> None:
        # When
        roll_back()
        # Then
        assert all(image.endswith(f":{RELEASES[0]}") for image in get_images().values())
        traffic.wait_for_orders(20)
        assert not traffic.failures

    def test_rolls_back_a_release_that_does_not_start(self, traffic: Traffic) -> None:
        # Given
        before = get_images()
        # When
        broken = deploy(
            "minikube", "broken", "orders-ms=kiosk/orders-ms:broken", "--", "orders-ms",
            PATIENCE="40s",
        )  # fmt: skip
        # Then
        assert broken.returncode == 1
        assert "deployment.apps/orders-ms" in broken.stderr
        wait_for_rollouts()
        assert get_images() == before
        traffic.wait_for_orders(20)
        assert not traffic.failures
        kubectl("delete", "job", "orders-migrate-broken", "-n", NAMESPACE)


class TestLostPods:
    @pytest.mark.parametrize("name", STATELESS)
    def test_losing_a_pod_of_a_service_fails_no_request(self, traffic: Traffic, name: str) -> None:
        delete_pod(name)
        traffic.wait_for_orders(20)
        assert not traffic.failures

    @pytest.mark.parametrize("name", STATEFUL)
    def test_losing_a_pod_of_a_database_or_the_broker_loses_no_order(
        self, traffic: Traffic, name: str
    ) -> None:
        delete_pod(name)

    @pytest.mark.parametrize(
        "name", ["products-ms", "orders-ms", "products-db", "orders-db", "kafka"]
    )
    def test_losing_a_pod_without_grace_period_loses_no_order(
        self, traffic: Traffic, name: str
    ) -> None:
        delete_pod(name, "--grace-period=0", "--force")

    def test_restarting_all_databases_and_brokers_loses_no_order(self, traffic: Traffic) -> None:
        began = time.monotonic()
        sets = [f"statefulset/{name}" for name in STATEFUL]
        kubectl("rollout", "restart", *sets, "-n", NAMESPACE)
        wait_for_rollouts()
        report(f"all replaced after {time.monotonic() - began:.0f} s")


class TestAutoscaler:
    @pytest.fixture
    def stop_load(self, shop: Shop, address: str) -> Iterator[Callable[[], int]]:
        """Signs customers in repeatedly. The function ends this and returns how many times."""
        ending = threading.Event()
        with ThreadPoolExecutor(CUSTOMERS) as pool:
            customers = [pool.submit(sign_in_repeatedly, address, ending) for _ in range(CUSTOMERS)]

            def stop() -> int:
                ending.set()
                return sum(customer.result() for customer in customers)

            try:
                yield stop
            finally:
                ending.set()

    def test_scales_out_and_in_with_real_cpu_usage(self, stop_load: Callable[[], int]) -> None:
        def count_replicas() -> int:
            count: int = get("deployments", "authentication-ms")["status"]["replicas"]
            return count

        # When
        began = time.monotonic()
        # Then
        wait_until(lambda: count_replicas() > 2, "authentication-ms scales out")
        report(f"scales out after {time.monotonic() - began:.0f} s")
        wait_for_rollouts()
        # When
        report(f"{stop_load() / (time.monotonic() - began):.0f} sign-ins a second")
        stopped = time.monotonic()
        # Then
        wait_until(lambda: count_replicas() == 2, "authentication-ms scales in", 600)
        report(f"scales in {time.monotonic() - stopped:.0f} s after the load")


def test_restarted_no_container(shop: Shop) -> None:
    """No probe failed because of load, and no process died."""
    restarts = {
        pod["metadata"]["name"]: status["restartCount"]
        for pod in get_all("pods")
        if "job-name" not in pod["metadata"]["labels"]
        for status in pod["status"]["containerStatuses"]
    }
    assert {name: count for name, count in restarts.items() if count} == {}


def test_removes_everything(address: str) -> None:
    remove()
    assert NAMESPACE not in kubectl("get", "namespaces", "-o", "name")
    wait_until(
        lambda: NAMESPACE not in kubectl("get", "persistentvolumes", "-o", "json"), "volumes"
    )
