"""Fills the disk of a server. This needs the right to mount a file system."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.faults.shop import Shop

ROOM_BYTES = 64 * 2**20


@asynccontextmanager
async def full_disk(shop: Shop, program: str) -> AsyncIterator[None]:
    """Keep the disk of a server full while the context lasts."""
    data = shop.stack.settings.state / "data" / program
    await shop.stop(program)
    await asyncio.to_thread(_move_to_small_disk, data)
    await shop.start(program)
    filler = data / "filler"
    try:
        await asyncio.to_thread(_fill, filler)
        yield
    finally:
        filler.unlink()
        # It restarts itself until it has room, and then continues.
        await shop.start(program)
        await shop.stop(program)
        await asyncio.to_thread(_move_back, data)
        await shop.start(program)


def _move_to_small_disk(data: Path) -> None:
    original = data.with_name(f"{data.name}.original")
    data.rename(original)
    size = sum(file.stat().st_size for file in original.rglob("*") if file.is_file())
    data.mkdir(mode=0o700)
    options = f"size={size + ROOM_BYTES},mode=700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(data)], check=True)
    shutil.copytree(original, data, dirs_exist_ok=True)
    shutil.rmtree(original)


def _move_back(data: Path) -> None:
    copy = data.with_name(f"{data.name}.copy")
    shutil.copytree(data, copy)
    subprocess.run(["umount", str(data)], check=True)
    data.rmdir()
    copy.rename(data)


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 2**20)
        except OSError:
            return
