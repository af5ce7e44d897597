import json
import subprocess
import sys
import time
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


def command(state: State, name: str) -> list[str]:
    return [sys.executable, "-I", "-S", str(LAUNCHER), str(state.folder), name]


class TestMain:
    def test_values_arrive_as_they_are(self, state: State) -> None:
        # Given
        value = "100% \"a\" 'b' ; #c $HOME"
        write_program(state, "orders", "import os; print(os.environ['VALUE'])", VALUE=value)

        # When
        output = subprocess.run(command(state, "orders"), capture_output=True, check=True).stdout

        # Then
        assert output.decode() == f"{value}\n"
        assert len((state.folder / "starts" / "orders").read_text().split()) == 1


class TestHoldBack:
    def test_waits_only_where_a_program_keeps_dying(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        waits: list[float] = []
        monkeypatch.setattr(time, "sleep", waits.append)
        starts = tmp_path / "starts"

        # When, then
        for _ in range(launch.LOOP_STARTS):
            launch.hold_back(starts)
        assert waits == []
        launch.hold_back(starts)
        assert waits == [launch.HOLD_BACK_SECONDS]

    def test_old_starts_do_not_count(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        waits: list[float] = []
        monkeypatch.setattr(time, "sleep", waits.append)
        starts = tmp_path / "starts"
        starts.write_text(f"{time.time() - launch.LOOP_SECONDS - 1}\n" * 10)

        launch.hold_back(starts)

        assert waits == []


class TestEndLeftovers:
    def test_ends_the_group_whose_first_process_is_gone(self, tmp_path: Path) -> None:
        # Given
        first = subprocess.Popen(
            ["sh", "-c", "sleep 60 & echo started; read forever"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert first.stdout is not None
        assert first.stdin is not None
        first.stdout.readline()
        launch.note_process(tmp_path / "nginx", first.pid)
        first.kill()
        first.wait()

        # When
        launch.end_leftovers(tmp_path / "nginx")

        # Then: the end of its output tells that the other one is gone.
        assert first.stdout.read() == b""
        first.stdout.close()
        first.stdin.close()

    def test_leaves_another_process_of_the_same_number_alone(self, tmp_path: Path) -> None:
        # Given
        process = subprocess.Popen(["sleep", "60"], start_new_session=True)
        (tmp_path / "nginx").write_text(f"{launch.boot_id()} {process.pid} 1")

        # When
        launch.end_leftovers(tmp_path / "nginx")

        # Then
        assert process.poll() is None
        assert not (tmp_path / "nginx").exists()
        process.kill()
        process.wait()

    def test_numbers_from_before_a_reboot_mean_nothing(self, tmp_path: Path) -> None:
        process = subprocess.Popen(["sleep", "60"], start_new_session=True)
        start = launch.start_of(process.pid)
        (tmp_path / "nginx").write_text(f"another-boot {process.pid} {start}")

        launch.end_leftovers(tmp_path / "nginx")

        assert process.poll() is None
        process.kill()
        process.wait()
