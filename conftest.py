"""Real servers for all tests that need them: three replica sets and Kafka, for this run only."""

import logging
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings
from structlog.stdlib import ProcessorFormatter

# Imported first, or pytest would take the folder shopkit, which has the tests, for the package.
import shopkit  # noqa: F401
from stack import Stack

# A busy machine would miss a deadline.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def configure_fast_logging() -> None:
    """Render log lines cheaply, because some tests write many."""
    structlog.configure(processors=[structlog.processors.KeyValueRenderer()])


configure_fast_logging()


@pytest.fixture(autouse=True)
def restore_logging() -> Iterator[None]:
    """Undo the logging configuration of a command that a test runs."""
    yield
    for handler in logging.root.handlers[:]:
        if isinstance(handler.formatter, ProcessorFormatter):
            logging.root.removeHandler(handler)
            logging.root.setLevel(logging.WARNING)
            configure_fast_logging()


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack.in_folder(tmp_path_factory.mktemp("servers") / "stack", MAIL="off")
    stack.up(["databases", "kafka"])
    yield stack
    stack.down()
