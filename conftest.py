"""Real servers for all tests that need them: three replica sets and Kafka, of this run only."""

import logging
from collections.abc import Iterator

import pytest
import structlog
from structlog.stdlib import ProcessorFormatter

# Before pytest takes the folder of this name, in which shopkit's tests are, for the package.
import shopkit  # noqa: F401
from stack import Stack


def log_shortly() -> None:
    """Render log lines at little cost: a test that makes many must not wait for them."""
    structlog.configure(processors=[structlog.processors.KeyValueRenderer()])


log_shortly()


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    """Take back what a command that a test runs has made of the logs: where they go."""
    yield
    for handler in logging.root.handlers[:]:
        if isinstance(handler.formatter, ProcessorFormatter):
            logging.root.removeHandler(handler)
            logging.root.setLevel(logging.WARNING)
            log_shortly()


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack.in_folder(tmp_path_factory.mktemp("servers") / "stack")
    stack.up(["databases", "kafka"])
    yield stack
    stack.down()
