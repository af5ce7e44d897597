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
RECORD_START = "import sys; open(sys.argv[1], 'a').write('started ')"


async def changes_after(*events: asyncio.Event) -> AsyncIterator[Any]:
    for event in events:
        await event.wait()
        yield {(1, "/src/orders/main.py")}
    await asyncio.Event().wait()


def child_command(code: str, log: Path) -> list[str]:
    return [sys.executable, "-c", f"{RECORD_START}; {code}", str(log)]


async def wait_for_starts(log: Path, count: int) -> None:
    async with asyncio.timeout(LIMIT_SECONDS):
        while count_starts(log) < count:
            await asyncio.sleep(0.01)


def count_starts(log: Path) -> int:
    return log.read_text().count("started") if log.exists() else 0


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


class TestRunner:
    @pytest.mark.parametrize(
        ("code", "expected"),
        [("sys.exit(0)", 0), ("sys.exit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 137)],
    )
    async def test_returns_the_exit_code_of_a_child_that_ends(
        self, log: Path, code: str, expected: int
    ) -> None:
        runner = Runner(child_command(code, log), changes_after())

        assert await runner.run() == expected
        assert count_starts(log) == 1

    async def test_restarts_the_child_on_a_change(self, log: Path) -> None:
        # Given
        changed = asyncio.Event()
        runner = Runner(child_command("import time; time.sleep(60)", log), changes_after(changed))
        running = asyncio.create_task(runner.run())
        await wait_for_starts(log, 1)

        # When
        changed.set()

        # Then
        await wait_for_starts(log, 2)
        runner.forward(signal.SIGTERM)
        assert await running == 128 + signal.SIGTERM

    async def test_forwards_a_signal_and_waits_for_the_child(self, log: Path) -> None:
        # Given
        code = (
            "import signal, time; "
            "signal.signal(signal.SIGTERM, lambda *_: sys.exit(3)); "
            "open(sys.argv[1], 'a').write('started '); time.sleep(60)"
        )
        runner = Runner(child_command(code, log), changes_after())
        running = asyncio.create_task(runner.run())
        await wait_for_starts(log, 2)

        # When
        runner.forward(signal.SIGTERM)

        # Then
        assert await running == 3


class TestMain:
    def test_exits_with_the_childs_exit_code(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "shopkit.reload", "--watch", str(tmp_path), "--"]
        child = [sys.executable, "-c", "import sys; sys.exit(5)"]

        completed = subprocess.run([*command, *child], check=False, timeout=60)

        assert completed.returncode == 5
