import shlex

import pytest

from stack.errors import NotRunningError
from stack.state import State
from stack.supervision import HEAD, PROGRAM, Supervisor


class TestConfiguration:
    def test_has_no_path_of_this_machine(self, state: State) -> None:
        text = HEAD + PROGRAM.format(name="orders", log_bytes="1MB")

        assert str(state.folder) not in text
        assert [line for line in text.splitlines() if "=/" in line] == []

    @pytest.mark.parametrize("path", ["/a b/c", "/100%/x", '/"quoted"/x', "/a ;b #c/x"])
    def test_accepts_a_launcher_in_any_folder(self, path: str) -> None:
        # The supervisor inserts the value with % and then splits it like a shell.
        template = "%(ENV_STACK_LAUNCH)s orders"
        command = template % {"ENV_STACK_LAUNCH": shlex.join([path])}

        assert shlex.split(command) == [path, "orders"]


class TestSupervisor:
    def test_is_down_before_its_first_start(self, state: State) -> None:
        supervisor = Supervisor(state)

        assert not supervisor.is_up()
        with pytest.raises(NotRunningError, match="is not running; `make up` starts it"):
            supervisor.programs()
