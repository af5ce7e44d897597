"""The shop on a real node, for the parts that look at one."""

import os
import re
from collections.abc import Iterator

import pytest
from tests.deploy.documented import command, run
from tests.deploy.kubernetes import RELEASES, bring_in, get, kubectl, remove
from tests.deploy.manifests import KUBERNETES
from tests.deploy.shopper import PRODUCT, SHOPPER, Shop

STOCK = 1_000_000


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the first release answers, in a namespace of its own."""
    remove()
    kubectl("apply", "-f", str(KUBERNETES / "base" / "namespace.yaml"))
    run("infrastructure/kubernetes/make_secrets")
    bring_in(RELEASES[0])
    own = f"http://{get('service', 'nginx-proxy')['spec']['clusterIP']}:8080"
    yield os.environ.get("SHOP_URL", own)
    remove()


@pytest.fixture(scope="module")
def empty_shop(address: str) -> Iterator[Shop]:
    shop = Shop(address)
    yield shop
    shop.close()


@pytest.fixture(scope="module")
def shop(empty_shop: Shop) -> Shop:
    """The shop, with an admin, a customer and a product in it."""
    create = command(r"exec -i .* create-admin")
    [(password, email)] = re.findall(r"echo '(.+)' .* create-admin (\S+)", create, re.DOTALL)
    assert "was made, an admin" in run(create)
    admin = empty_shop.sign_in(email, password)
    empty_shop.add_product(admin, PRODUCT, STOCK)
    empty_shop.register(SHOPPER, SHOPPER)
    return empty_shop


@pytest.fixture
def customer(shop: Shop) -> str:
    return shop.sign_in(SHOPPER)
