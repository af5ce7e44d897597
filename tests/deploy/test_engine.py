"""Both compose files really run, in the container engine that DOCKER_HOST names.

Proves that the images are built (each runs its unit tests), start in order, and do their work.
Can't prove anything about the official base images where stand-ins carry their names.
"""

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.deploy.compose import Project, copy_of_repository, image_size
from tests.deploy.shopper import ADMIN, SHOPPER, Shop, eventually, tell

BUILD_SECONDS = 1500
RECOVERY_SECONDS = 5
SERVICES = ("authentication-ms", "products-ms", "orders-ms", "gateway-ms")
DATABASES = ("authentication-db", "products-db", "orders-db")

pytestmark = pytest.mark.timeout(BUILD_SECONDS)


def started(project: Project) -> Iterator[Project]:
    began = time.monotonic()
    try:
        project.up()
        tell(f"{project.address}: built and up in {time.monotonic() - began:.0f} s")
        yield project
    finally:
        project.down()


@pytest.fixture(scope="module")
def development(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = copy_of_repository(tmp_path_factory.mktemp("development"))
    yield from started(Project("docker-compose.yml", "kiosk-test-development", folder, {}))


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory, development: Project) -> Iterator[Project]:
    # One after the other: together they would be too much for a small machine.
    development.down()
    folder = copy_of_repository(tmp_path_factory.mktemp("production"))
    settings = {"SEED": "demo", "RELEASE": "test"}
    file, name = "docker-compose.prod.yml", "kiosk-test-production"
    yield from started(Project(file, name, folder, settings))


@pytest.fixture
def shop(development: Project) -> Iterator[Shop]:
    shop = Shop(development.address)
    yield shop
    shop.close()


@pytest.fixture
def live_shop(production: Project) -> Iterator[Shop]:
    shop = Shop(production.address)
    yield shop
    shop.close()


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file} has changed; so has this test to"
    file.write_text(text.replace(old, new), encoding="utf-8")


class TestDevelopment:
    def test_an_order_is_accepted(self, shop: Shop) -> None:
        tell(f"ACCEPTED after {shop.buy(2):.2f} s")

    @pytest.mark.parametrize("service", ["authentication", "products", "orders"])
    def test_a_service_that_dies_answers_again_within_5_seconds(
        self, development: Project, shop: Shop, service: str
    ) -> None:
        # Given
        admin, before = shop.sign_in(ADMIN), development.starts(f"{service}-ms")
        # When
        assert shop.get(f"/api/{service}_error", admin).status_code == 202
        died = time.monotonic()
        # Then
        eventually(lambda: development.starts(f"{service}-ms") > before, f"{service} is restarted")
        eventually(
            lambda: shop.get(f"/api/{service}_health").status_code == 200, f"{service} answers"
        )
        seconds = time.monotonic() - died
        tell(f"{service} answers again after {seconds:.1f} s")
        assert seconds < RECOVERY_SECONDS

    def test_a_changed_line_of_python_is_reloaded(self, development: Project, shop: Shop) -> None:
        health = development.folder / "shopkit" / "src" / "shopkit" / "health.py"
        replace(health, 'status: str = "ok"', 'status: str = "changed"')
        health_of = [f"/api/{name.removesuffix('-ms')}_health" for name in SERVICES]
        eventually(lambda: all("changed" in shop.get(path).text for path in health_of), "reloaded")

    def test_a_changed_line_of_the_web_shop_is_served(
        self, development: Project, shop: Shop
    ) -> None:
        main = development.folder / "frontend" / "src" / "main.tsx"
        main.write_text(main.read_text(encoding="utf-8") + "\nexport const changed = 4711;\n")
        eventually(lambda: "changed = 4711" in shop.get("/src/main.tsx").text, "Vite has it")

    def test_what_runs_is_not_root(self, development: Project) -> None:
        for service in (*SERVICES, *DATABASES, "nginx_proxy", "frontend", "kafka"):
            assert development.inspect(service)["Config"]["User"] not in {"", "0", "root"}, service

    @pytest.mark.parametrize("service", [*SERVICES, "nginx_proxy", "orders-db", "kafka"])
    def test_a_killed_container_recovers(
        self, development: Project, shop: Shop, service: str
    ) -> None:
        before = development.starts(service)
        development.kill(service)
        eventually(lambda: development.starts(service) > before, f"{service} is started again")
        shop.buy()

    def test_data_and_secrets_outlive_the_containers(
        self, development: Project, shop: Shop
    ) -> None:
        before = shop.quantity()
        development.compose("down")
        development.up()
        eventually(lambda: shop.get("/api/products").status_code == 200, "the shop is there")
        assert shop.quantity() == before
        shop.buy()


class TestProduction:
    def test_an_order_is_accepted(self, live_shop: Shop) -> None:
        tell(f"ACCEPTED after {live_shop.buy(2):.2f} s")

    def test_the_web_shop_is_served_under_a_strict_policy(self, live_shop: Shop) -> None:
        page = live_shop.get("/")
        assert page.status_code == 200
        assert "unsafe" not in page.headers["content-security-policy"]
        assets = re.findall(r'"(/assets/[^"]+\.(?:js|css))"', page.text)
        assert assets
        for asset in assets:
            assert "immutable" in live_shop.get(asset).headers["cache-control"]

    def test_what_runs_is_not_root_and_can_not_write_its_root(self, production: Project) -> None:
        for service in (*SERVICES, *DATABASES, "nginx_proxy", "kafka-1"):
            told = production.inspect(service)
            assert told["Config"]["User"] not in {"", "0", "root"}, service
            assert told["HostConfig"]["ReadonlyRootfs"], service
            assert told["HostConfig"]["CapDrop"] == ["ALL"], service
            assert told["HostConfig"]["Memory"] > 0, service
            assert told["Mounts"] == [one for one in told["Mounts"] if one["Type"] != "bind"]

    @pytest.mark.parametrize("service", SERVICES)
    def test_an_image_has_no_tools_and_its_tests_report(
        self, production: Project, service: str
    ) -> None:
        look = (
            "from importlib.util import find_spec;"
            "print([name for name in ('pip', 'uv', 'pytest') if find_spec(name)])"
        )
        found = production.compose("exec", "-T", service, "python", "-c", look)
        assert found.strip() == "[]"
        report = production.compose(
            "exec", "-T", service, "cat", "/usr/local/share/kiosk/unit-tests.xml"
        )
        assert 'failures="0"' in report

    def test_sizes(self, production: Project) -> None:
        for service in (*SERVICES, "nginx_proxy", "frontend"):
            tell(f"{service}: {image_size(f'kiosk/{service}:test') / 1e6:.0f} MB")

    def test_an_admin_is_made_as_documented(self, production: Project, live_shop: Shop) -> None:
        run = ["run", "--rm", "--no-deps", "-T", "authentication-ms", "create-admin"]
        production.compose(*run, "boss@shop.example", given="a password of 8\n")
        token = live_shop.sign_in("boss@shop.example", "a password of 8")
        assert live_shop.get("/api/users", token).status_code == 200

    @pytest.mark.parametrize("service", ["kafka-1", "products-db", "products-ms", "orders-ms"])
    def test_a_killed_container_costs_no_order(
        self, production: Project, live_shop: Shop, service: str
    ) -> None:
        shopper, before = live_shop.sign_in(SHOPPER), production.starts(service)
        placed = [live_shop.order(shopper) for _ in range(10)]
        production.kill(service)
        placed.append(live_shop.order(shopper))
        eventually(lambda: production.starts(service) > before, f"{service} is started again")
        assert {live_shop.outcome(shopper, one) for one in placed} == {"ACCEPTED"}

    def test_a_failing_test_fails_the_build(self, production: Project, tmp_path: Path) -> None:
        test = production.folder / "gateway-ms" / "tests" / "unit" / "test_that_fails.py"
        test.write_text("def test_that_fails() -> None:\n    raise AssertionError\n")
        build = ["docker", "build", "-f", "gateway-ms/Dockerfile.prod", "."]
        done = subprocess.run(
            build, cwd=production.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode != 0
        assert "1 failed" in done.stderr
