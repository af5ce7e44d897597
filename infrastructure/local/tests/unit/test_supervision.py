import shlex

import pytest

from stack.errors import NotRunningError
from stack.state import State
from stack.supervision import HEAD, PROGRAM, Supervisor


class TestConfiguration:
    def test_names_nothing_of_this_machine(self, state: State) -> None:
        text = HEAD + PROGRAM.format(name="orders", log_bytes="1MB")

        assert str(state.folder) not in text
        assert [line for line in text.splitlines() if "=/" in line] == []

    @pytest.mark.parametrize("path", ["/a b/c", "/100%/x", '/"quoted"/x', "/a ;b #c/x"])
    def test_a_launcher_in_any_folder_is_found(self, path: str) -> None:
        # The supervisor puts the value in with % and then splits it like a shell.
        template = "%(ENV_STACK_LAUNCH)s orders"
        command = template % {"ENV_STACK_LAUNCH": shlex.join([path])}

        assert shlex.split(command) == [path, "orders"]


class TestSupervisor:
    def test_before_it_was_ever_started(self, state: State) -> None:
        supervisor = Supervisor(state)

        assert not supervisor.is_up()
        with pytest.raises(NotRunningError, match="is not running; `make up` starts it"):
            supervisor.programs()
