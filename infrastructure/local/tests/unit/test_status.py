import os
import time
from pathlib import Path

import pytest

from stack.programs import Program, all_programs
from stack.settings import Settings
from stack.state import State
from stack.status import Status, all_statuses, table


class TestAllStatuses:
    @pytest.mark.parametrize(
        ("pid", "starts", "ready", "expected"),
        [
            (0, 1, False, "stopped"),
            (os.getpid(), 1, True, "ready"),
            (os.getpid(), 1, False, "not ready"),
            (os.getpid(), 4, True, "crash loop"),
        ],
        ids=["stopped", "ready", "not ready", "crash loop"],  # Without the process id.
    )
    def test_describes_the_state(
        self, state: State, settings: Settings, pid: int, starts: int, ready: bool, expected: str
    ) -> None:
        # Given
        (state.folder / "starts" / "orders").write_text(f"{time.time()}\n" * starts)
        programs = all_programs(settings)

        def is_ready(_: Program) -> bool:
            return ready

        # When
        statuses = all_statuses(programs, {"orders": pid}, settings, is_ready)

        # Then
        states = {status.name: status.state for status in statuses}
        assert states["orders"] == expected
        assert states["kafka"] == "stopped"


class TestTable:
    def test_has_a_line_for_each_program(self) -> None:
        status = Status("orders", "ready", 8003, 17, 3725, 88, Path("/x/orders.log"))

        line = table([status]).splitlines()[1]

        assert line.split() == ["orders", "ready", "8003", "17", "1:02:05", "88", "/x/orders.log"]
