import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shopkit.reload import Runner

LIMIT_SECONDS = 20
NOTE_START = "import sys; open(sys.argv[1], 'a').write('started ')"


async def changes_after(*events: asyncio.Event) -> AsyncIterator[Any]:
    for event in events:
        await event.wait()
        yield {(1, "/src/orders/main.py")}
    await asyncio.Event().wait()


def child(code: str, note: Path) -> list[str]:
    return [sys.executable, "-c", f"{NOTE_START}; {code}", str(note)]


async def has_started(note: Path, times: int) -> None:
    async with asyncio.timeout(LIMIT_SECONDS):
        while count_starts(note) < times:
            await asyncio.sleep(0.01)


def count_starts(note: Path) -> int:
    return note.read_text().count("started") if note.exists() else 0


@pytest.fixture
def note(tmp_path: Path) -> Path:
    return tmp_path / "note"


class TestRunner:
    @pytest.mark.parametrize(
        ("code", "expected"),
        [("sys.exit(0)", 0), ("sys.exit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 137)],
    )
    async def test_ends_when_the_child_ends_by_itself(
        self, note: Path, code: str, expected: int
    ) -> None:
        runner = Runner(child(code, note), changes_after())

        assert await runner.run() == expected
        assert count_starts(note) == 1

    async def test_restarts_the_child_on_a_change(self, note: Path) -> None:
        # Given
        changed = asyncio.Event()
        runner = Runner(child("import time; time.sleep(60)", note), changes_after(changed))
        running = asyncio.create_task(runner.run())
        await has_started(note, times=1)

        # When
        changed.set()

        # Then
        await has_started(note, times=2)
        runner.pass_on(signal.SIGTERM)
        assert await running == 128 + signal.SIGTERM

    async def test_passes_a_signal_on_and_waits_for_the_child(self, note: Path) -> None:
        # Given
        code = (
            "import signal, time; "
            "signal.signal(signal.SIGTERM, lambda *_: sys.exit(3)); "
            "open(sys.argv[1], 'a').write('started '); time.sleep(60)"
        )
        runner = Runner(child(code, note), changes_after())
        running = asyncio.create_task(runner.run())
        await has_started(note, times=2)

        # When
        runner.pass_on(signal.SIGTERM)

        # Then
        assert await running == 3


class TestMain:
    def test_the_command_has_the_childs_exit_code(self, tmp_path: Path) -> None:
        command = ["-m", "shopkit.reload", "--watch", str(tmp_path), "--"]
        service = [sys.executable, "-c", "import sys; sys.exit(5)"]

        ended = subprocess.run([sys.executable, *command, *service], check=False, timeout=60)

        assert ended.returncode == 5
