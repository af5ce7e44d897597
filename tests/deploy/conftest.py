"""The shop on a real node, for the parts that need one."""

import os
import re
from collections.abc import Iterator

import pytest
from tests.deploy.certificates import certificate_secrets
from tests.deploy.documented import ADMIN_PAGE, find_command, run
from tests.deploy.kubernetes import NAMESPACE, RELEASES, deploy_release, get, kubectl, remove
from tests.deploy.manifests import KUBERNETES
from tests.deploy.shopper import PRODUCT, SHOPPER, Shop

STOCK = 1_000_000


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of the first release, in a new namespace."""
    remove()
    kubectl("apply", "-f", str(KUBERNETES / "base" / "namespace.yaml"))
    run("infrastructure/kubernetes/make_secrets")
    for secret in certificate_secrets("minikube"):
        kubectl("apply", "-n", NAMESPACE, "-f", "-", stdin=secret)
    deploy_release(RELEASES[0])
    cluster_ip = get("service", "nginx-proxy")["spec"]["clusterIP"]
    yield os.environ.get("SHOP_URL", f"http://{cluster_ip}:8080")
    remove()


@pytest.fixture(scope="module")
def empty_shop(address: str) -> Iterator[Shop]:
    shop = Shop(address)
    yield shop
    shop.close()


@pytest.fixture(scope="module")
def shop(empty_shop: Shop) -> Shop:
    """The shop with an admin, a customer and a product."""
    create_admin = find_command(ADMIN_PAGE, r"exec -i .* create-admin")
    [(password, email)] = re.findall(r"echo '(.+)' .* create-admin (\S+)", create_admin, re.DOTALL)
    run(create_admin)
    admin = empty_shop.sign_in(email, password)
    empty_shop.add_product(admin, PRODUCT, STOCK)
    empty_shop.register(SHOPPER, SHOPPER)
    return empty_shop


@pytest.fixture
def customer(shop: Shop) -> str:
    return shop.sign_in(SHOPPER)
