"""The whole stack with Prometheus, which scrapes and evaluates every second."""

from collections.abc import Iterator

import pytest
from tests.monitoring.shop import Shop

from stack import Stack

RECONCILE_SECONDS = "5"


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("monitoring") / "stack"
    stack = Stack.in_folder(folder, MODE="prod", SEED="demo", WEB="none", OBSERVABILITY="1")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RECONCILE_SECONDS", RECONCILE_SECONDS)
        stack.up()
        shop = Shop(stack)
        shop.use_short_times()
        yield shop
        shop.close()
        stack.down()
