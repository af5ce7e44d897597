"""Reads uploads in separate processes, because decoding may take any time and memory."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass

import structlog

from products.errors import PictureError, PictureTooLargeError, TooManyPicturesError
from products.models.picture import LIMIT_BYTES, Picture
from products.services import picture_process

MAX_CONCURRENT = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of an upload.

    Attributes:
        wait_seconds: How long it waits until another one has been read.
        read_seconds: How long reading it may take, including the start of a process.
        memory_bytes: How much memory the process may use. A picture of 12 megapixels needs up to
            210 MB.
    """

    wait_seconds: float = 4
    read_seconds: float = 8
    memory_bytes: int = 512 * 1024 * 1024


log = structlog.get_logger(__name__)


class PictureReader:
    """Reads two uploads at a time."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self._limits = limits
        self._turns = asyncio.Semaphore(MAX_CONCURRENT)

    async def read(self, data: bytes) -> Picture:
        """Decode an upload and return the picture.

        Raises:
            TooManyPicturesError: Other uploads took too long.
            PictureTooLargeError: The upload is larger than 2 MiB.
            PictureError: The upload is not a usable picture, or takes too much time or memory.
        """
        if len(data) > LIMIT_BYTES:
            raise PictureTooLargeError(LIMIT_BYTES)
        try:
            async with asyncio.timeout(self._limits.wait_seconds):
                await self._turns.acquire()
        except TimeoutError as error:
            raise TooManyPicturesError from error
        try:
            return await self._read(data)
        finally:
            self._turns.release()

    async def _read(self, data: bytes) -> Picture:
        command = (sys.executable, "-m", picture_process.__name__, str(self._limits.memory_bytes))
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
        )
        try:
            async with asyncio.timeout(self._limits.read_seconds):
                output, _ = await process.communicate(data)
        except TimeoutError:
            output = b""
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode == 0:
            return picture_process.decode(output)
        if process.returncode == picture_process.UNUSABLE:
            raise PictureError(output.decode())
        log.warning("picture not read", exit_code=process.returncode, bytes=len(data))
        raise PictureError("The picture takes too much time or memory to decode.")
