"""Both compose files in the container engine of DOCKER_HOST.

The tests prove that the images can be built (each runs its unit tests), start in order, and work.
They prove nothing about the official base images if other images have their names.
"""

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.deploy.compose import Project, copy_of_repository, image_size
from tests.deploy.forgery import FORGERY, REFUSALS
from tests.deploy.shopper import ADMIN, SHOPPER, Shop, report, wait_for

BUILD_SECONDS = 1500
RECOVERY_SECONDS = 5
SERVICES = ("authentication-ms", "products-ms", "orders-ms", "gateway-ms")
DATABASES = ("authentication-db", "products-db", "orders-db")
UNKNOWN_ORDER = "f" * 24
PROOFLESS = Path(__file__).with_name("proofless.py")
PLAIN_CONNECTION = """
from pymongo import MongoClient
from pymongo.errors import PyMongoError
try:
    MongoClient("mongodb://orders-db", serverSelectionTimeoutMS=3000).admin.command("ping")
except PyMongoError as error:
    print(type(error).__name__)
"""
HEALTH_MODULE = "shopkit/src/shopkit/web/health.py"

pytestmark = pytest.mark.timeout(BUILD_SECONDS)


def run_project(project: Project) -> Iterator[Project]:
    began = time.monotonic()
    try:
        project.up()
        report(f"{project.address}: built and up in {time.monotonic() - began:.0f} s")
        yield project
    finally:
        project.down()


@pytest.fixture(scope="module")
def development(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = copy_of_repository(tmp_path_factory.mktemp("development"))
    yield from run_project(Project("docker-compose.yml", "kiosk-test-development", folder, {}))


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory, development: Project) -> Iterator[Project]:
    # The two projects do not run together, because a small machine cannot hold both.
    development.down()
    folder = copy_of_repository(tmp_path_factory.mktemp("production"))
    settings = {"SEED": "demo", "RELEASE": "test"}
    file, name = "docker-compose.prod.yml", "kiosk-test-production"
    yield from run_project(Project(file, name, folder, settings))


@pytest.fixture
def shop(development: Project) -> Iterator[Shop]:
    shop = Shop(development.address)
    yield shop
    shop.close()


@pytest.fixture
def production_shop(production: Project) -> Iterator[Shop]:
    shop = Shop(production.address)
    yield shop
    shop.close()


def forge(project: Project, service: str, order_id: str, who: str) -> str:
    """Forge an outcome in the container of a service, and return what the brokers replied."""
    script = FORGERY.read_text(encoding="utf-8")
    return project.compose("exec", "-T", service, "python", "-", order_id, who, stdin=script)


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file} has changed; change this test too"
    file.write_text(text.replace(old, new), encoding="utf-8")


class TestDevelopment:
    def test_accepts_an_order(self, shop: Shop) -> None:
        report(f"ACCEPTED after {shop.buy(2):.2f} s")

    @pytest.mark.parametrize("service", ["authentication", "products", "orders"])
    def test_restarts_a_service_that_dies_within_5_seconds(
        self, development: Project, shop: Shop, service: str
    ) -> None:
        # Given
        admin, before = shop.sign_in(ADMIN), development.count_restarts(f"{service}-ms")
        # When
        assert shop.get(f"/api/{service}_error", admin).status_code == 202
        died = time.monotonic()
        # Then
        wait_for(
            lambda: development.count_restarts(f"{service}-ms") > before, f"{service} restarts"
        )
        wait_for(
            lambda: shop.get(f"/api/{service}_health").status_code == 200, f"{service} answers"
        )
        seconds = time.monotonic() - died
        report(f"{service} answers again after {seconds:.1f} s")
        assert seconds < RECOVERY_SECONDS

    def test_reloads_changed_python_files(self, development: Project, shop: Shop) -> None:
        # When
        health = development.folder / HEALTH_MODULE
        replace(health, 'status: str = "ok"', 'status: str = "changed"')
        # Then
        paths = [f"/api/{name.removesuffix('-ms')}_health" for name in SERVICES]
        wait_for(lambda: all("changed" in shop.get(path).text for path in paths), "reload")

    def test_serves_changed_files_of_the_web_shop(self, development: Project, shop: Shop) -> None:
        # When
        main = development.folder / "frontend" / "src" / "main.tsx"
        main.write_text(main.read_text(encoding="utf-8") + "\nexport const changed = 4711;\n")
        # Then
        wait_for(lambda: "changed = 4711" in shop.get("/src/main.tsx").text, "Vite serves it")

    def test_runs_no_container_as_root(self, development: Project) -> None:
        for service in (*SERVICES, *DATABASES, "nginx_proxy", "frontend", "kafka"):
            assert development.inspect(service)["Config"]["User"] not in {"", "0", "root"}, service

    @pytest.mark.parametrize("service", [*SERVICES, "nginx_proxy", "orders-db", "kafka"])
    def test_recovers_from_a_killed_container(
        self, development: Project, shop: Shop, service: str
    ) -> None:
        # Given
        before = development.count_restarts(service)
        # When
        development.kill(service)
        # Then
        wait_for(lambda: development.count_restarts(service) > before, f"{service} restarts")
        shop.buy()

    def test_keeps_data_and_secrets_without_containers(
        self, development: Project, shop: Shop
    ) -> None:
        # Given
        stock = shop.stock()
        # When
        development.compose("down")
        development.up()
        # Then
        wait_for(lambda: shop.get("/api/products").status_code == 200, "the shop answers")
        assert shop.stock() == stock
        shop.buy()


class TestProduction:
    def test_accepts_an_order(self, production_shop: Shop) -> None:
        report(f"ACCEPTED after {production_shop.buy(2):.2f} s")

    def test_brokers_refuse_a_forged_outcome_and_the_order_does_not_change(
        self, production: Project, production_shop: Shop
    ) -> None:
        # Given: the order stays PENDING, so that a forged outcome could change it.
        shopper = production_shop.sign_in(SHOPPER)
        production.compose("stop", "products-ms")
        try:
            order_id = production_shop.order(shopper)
            # When
            replies = {who: forge(production, "orders-ms", order_id, who) for who in REFUSALS}
            # Then
            assert replies == REFUSALS
            order = production_shop.get(f"/api/orders/{order_id}", shopper).json()
            assert order["status"] == "PENDING"
        finally:
            production.compose("start", "products-ms")
        assert production_shop.wait_until_decided(shopper, order_id) == "ACCEPTED"
        # The same event is accepted from the service that may send it.
        assert forge(production, "products-ms", UNKNOWN_ORDER, "user") == "written"

    def test_services_believe_proofs_only(self, production: Project) -> None:
        script = PROOFLESS.read_text(encoding="utf-8")
        statuses = production.compose("exec", "-T", "gateway-ms", "python", "-", stdin=script)
        assert set(statuses.split()) == {"401"}, statuses

    def test_runs_each_server_as_a_user_of_its_own(self, production: Project) -> None:
        servers = (*DATABASES, "kafka-1", "kafka-2", "kafka-3")
        users = {production.inspect(server)["Config"]["User"] for server in servers}
        assert len(users) == len(servers)

    def test_a_database_requires_tls(self, production: Project) -> None:
        run = ("exec", "-T", "orders-ms", "python", "-c", PLAIN_CONNECTION)
        output = production.compose(*run)
        assert output.strip() == "ServerSelectionTimeoutError"

    def test_serves_the_web_shop_with_a_strict_policy(self, production_shop: Shop) -> None:
        page = production_shop.get("/")
        assert page.status_code == 200
        assert "unsafe" not in page.headers["content-security-policy"]
        assets = re.findall(r'"(/assets/[^"]+\.(?:js|css))"', page.text)
        assert assets
        for asset in assets:
            assert "immutable" in production_shop.get(asset).headers["cache-control"]

    def test_runs_no_container_as_root_or_with_a_writable_root(self, production: Project) -> None:
        for service in (*SERVICES, *DATABASES, "nginx_proxy", "kafka-1"):
            container = production.inspect(service)
            assert container["Config"]["User"] not in {"", "0", "root"}, service
            assert container["HostConfig"]["ReadonlyRootfs"], service
            assert container["HostConfig"]["CapDrop"] == ["ALL"], service
            assert container["HostConfig"]["Memory"] > 0, service
            assert "bind" not in {mount["Type"] for mount in container["Mounts"]}, service

    @pytest.mark.parametrize("service", SERVICES)
    def test_builds_images_with_a_test_report_and_without_tools(
        self, production: Project, service: str
    ) -> None:
        script = (
            "from importlib.util import find_spec;"
            "print([name for name in ('pip', 'uv', 'pytest') if find_spec(name)])"
        )
        tools = production.compose("exec", "-T", service, "python", "-c", script)
        assert tools.strip() == "[]"
        test_report = production.compose(
            "exec", "-T", service, "cat", "/usr/local/share/kiosk/unit-tests.xml"
        )
        assert 'failures="0"' in test_report

    def test_reports_the_sizes_of_the_images(self, production: Project) -> None:
        for service in (*SERVICES, "nginx_proxy", "frontend"):
            report(f"{service}: {image_size(f'kiosk/{service}:test') / 1e6:.0f} MB")

    def test_creates_an_admin_as_documented(
        self, production: Project, production_shop: Shop
    ) -> None:
        run = ["run", "--rm", "--no-deps", "-T", "authentication-ms", "create-admin"]
        production.compose(*run, "boss@shop.example", stdin="a password of 8\n")
        token = production_shop.sign_in("boss@shop.example", "a password of 8")
        assert production_shop.get("/api/users", token).status_code == 200

    @pytest.mark.parametrize("service", ["kafka-1", "products-db", "products-ms", "orders-ms"])
    def test_loses_no_order_when_a_container_is_killed(
        self, production: Project, production_shop: Shop, service: str
    ) -> None:
        # Given
        shopper, before = production_shop.sign_in(SHOPPER), production.count_restarts(service)
        order_ids = [production_shop.order(shopper) for _ in range(10)]
        # When
        production.kill(service)
        order_ids.append(production_shop.order(shopper))
        # Then
        wait_for(lambda: production.count_restarts(service) > before, f"{service} restarts")
        statuses = {production_shop.wait_until_decided(shopper, id_) for id_ in order_ids}
        assert statuses == {"ACCEPTED"}

    def test_fails_the_build_when_a_test_fails(self, production: Project) -> None:
        # Given
        test = production.folder / "gateway-ms" / "tests" / "unit" / "test_that_fails.py"
        test.write_text("def test_that_fails() -> None:\n    raise AssertionError\n")
        # When
        command = ["docker", "build", "-f", "gateway-ms/Dockerfile.prod", "."]
        build = subprocess.run(
            command, cwd=production.folder, capture_output=True, text=True, check=False
        )
        # Then
        assert build.returncode != 0
        assert "1 failed" in build.stderr
