"""Real servers for all tests that need them: three replica sets and Kafka, of this run only."""

from collections.abc import Iterator

import pytest

# Before pytest takes the folder of this name, in which shopkit's tests are, for the package.
import shopkit  # noqa: F401
from stack import Stack


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack.in_folder(tmp_path_factory.mktemp("servers") / "stack")
    stack.up(["databases", "kafka"])
    yield stack
    stack.down()
