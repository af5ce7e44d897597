import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack import launch
from stack.state import State

LAUNCHER = Path(launch.__file__)


def write_program(state: State, name: str, code: str, **environment: str) -> None:
    content = {
        "command": [sys.executable, "-c", code],
        "folder": str(state.folder),
        "environment": environment,
    }
    file = state.folder / "programs" / f"{name}.json"
    file.write_text(json.dumps(content), encoding="utf-8")


class TestMain:
    def test_passes_environment_variables_unchanged(self, state: State) -> None:
        # Given
        value = "100% \"a\" 'b' ; #c $HOME"
        write_program(state, "orders", "import os; print(os.environ['VALUE'])", VALUE=value)
        command = [sys.executable, "-I", "-S", str(LAUNCHER), str(state.folder), "orders"]

        # When
        output = subprocess.run(command, capture_output=True, check=True).stdout

        # Then
        assert output.decode() == f"{value}\n"
        assert len((state.folder / "starts" / "orders").read_text().split()) == 1


class TestDelayCrashLoop:
    @pytest.fixture
    def delays(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        delays: list[float] = []
        monkeypatch.setattr(time, "sleep", delays.append)
        return delays

    def test_delays_a_program_that_keeps_dying(self, tmp_path: Path, delays: list[float]) -> None:
        # Given
        starts = tmp_path / "starts"
        for _ in range(launch.LOOP_STARTS):
            launch.delay_crash_loop(starts)
        assert delays == []

        # When
        launch.delay_crash_loop(starts)

        # Then
        assert delays == [launch.DELAY_SECONDS]

    def test_ignores_old_starts(self, tmp_path: Path, delays: list[float]) -> None:
        # Given
        starts = tmp_path / "starts"
        starts.write_text(f"{time.time() - launch.LOOP_SECONDS - 1}\n" * 10)

        # When
        launch.delay_crash_loop(starts)

        # Then
        assert delays == []


class TestEndLeftovers:
    def test_kills_the_group_of_a_dead_leader(self, tmp_path: Path) -> None:
        # Given
        leader = subprocess.Popen(
            ["sh", "-c", "sleep 60 & echo started; read forever"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert leader.stdout is not None
        assert leader.stdin is not None
        leader.stdout.readline()
        launch.record_process(tmp_path / "nginx", leader.pid)
        leader.kill()
        leader.wait()

        # When
        launch.end_leftovers(tmp_path / "nginx")

        # Then: the output ends, because the other process of the group is dead.
        assert leader.stdout.read() == b""
        leader.stdout.close()
        leader.stdin.close()

    @pytest.fixture
    def process(self) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(["sleep", "60"], start_new_session=True)
        yield process
        process.kill()
        process.wait()

    def test_spares_a_later_process_with_the_same_id(
        self, tmp_path: Path, process: subprocess.Popen[bytes]
    ) -> None:
        # Given
        (tmp_path / "nginx").write_text(f"{launch.boot_id()} {process.pid} 1")

        # When
        launch.end_leftovers(tmp_path / "nginx")

        # Then
        assert process.poll() is None
        assert not (tmp_path / "nginx").exists()

    def test_ignores_a_record_from_before_a_reboot(
        self, tmp_path: Path, process: subprocess.Popen[bytes]
    ) -> None:
        # Given
        start = launch.start_of(process.pid)
        (tmp_path / "nginx").write_text(f"another-boot {process.pid} {start}")

        # When
        launch.end_leftovers(tmp_path / "nginx")

        # Then
        assert process.poll() is None
