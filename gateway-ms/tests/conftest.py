"""A gateway in the test process, and a double of the services behind it."""

from collections.abc import AsyncIterator

import pytest

from gateway.testing import Client, FakeClock, ServiceDouble, Signer, running_gateway, serving


@pytest.fixture(scope="session")
def signer() -> Signer:
    """The key pair of authentication-ms."""
    return Signer.generate("key-1")


@pytest.fixture(scope="session")
def stranger() -> Signer:
    """A key pair that authentication-ms does not publish."""
    return Signer.generate("key-of-a-stranger")


@pytest.fixture(scope="session")
def user(signer: Signer) -> dict[str, str]:
    """The headers of a user."""
    return {"Authorization": f"Bearer {signer.token()}"}


@pytest.fixture(scope="session")
def admin(signer: Signer) -> dict[str, str]:
    """The headers of an admin."""
    token = signer.token(role="admin", email="root@shop.example", sid="session-of-root")
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def service(signer: Signer) -> AsyncIterator[ServiceDouble]:
    double = ServiceDouble([signer.jwk()])
    async with serving(double.handle) as double.url:
        yield double


@pytest.fixture
async def client(service: ServiceDouble) -> AsyncIterator[Client]:
    async with running_gateway(service.url) as client:
        yield client


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
