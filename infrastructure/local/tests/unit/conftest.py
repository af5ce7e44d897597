from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.settings import Settings
from stack.state import State


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    state = State(tmp_path / "a stack")
    state.prepare()
    yield state
    state.forget_socket()


@pytest.fixture
def settings(state: State) -> Settings:
    return Settings(state=state.folder)
