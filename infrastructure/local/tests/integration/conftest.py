from collections.abc import Iterator
from pathlib import Path

import pytest

from stack import Stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack.in_folder(tmp_path_factory.mktemp("a folder with a 100% name ;") / "stack")
    yield stack
    stack.down()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "stack"
