"""The whole stack as `make up` starts it, on its own ports and in its own folder."""

from collections.abc import Iterator

import httpx2
import pytest
from tests.e2e.shop import SignIn

from shopkit.testing.collector import Collector, collecting
from stack import Stack


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Receives the traces of the whole stack."""
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Stack]:
    stack = Stack.in_folder(tmp_path_factory.mktemp("e2e") / "stack")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        environment.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
        stack.up()
        yield stack
        stack.down()


@pytest.fixture
def shop(stack: Stack) -> Iterator[httpx2.Client]:
    """A visitor, who uses the shop through nginx."""
    with httpx2.Client(base_url=stack.settings.shop_url, timeout=10) as client:
        yield client


@pytest.fixture
def sign_in(stack: Stack) -> Iterator[SignIn]:
    clients: list[httpx2.Client] = []

    def sign_in(email: str, password: str | None = None) -> httpx2.Client:
        client = httpx2.Client(base_url=stack.settings.shop_url, timeout=10)
        clients.append(client)
        body = {"email": email, "password": password or email}
        response = client.post("/api/login", json=body)
        assert response.status_code == 200, response.text
        client.headers["Authorization"] = f"Bearer {response.json()['access_token']}"
        return client

    yield sign_in
    for client in clients:
        client.close()
