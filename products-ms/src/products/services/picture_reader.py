"""Reads uploads in separate processes, because decoding may take any time and memory."""

import resource
from dataclasses import dataclass

import structlog
from anyio import BrokenWorkerProcess, CapacityLimiter, fail_after, to_process

from products.errors import PictureError, PictureTooLargeError, TooManyPicturesError
from products.models.picture import LIMIT_BYTES, Picture, read_picture

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
        self._turns = CapacityLimiter(MAX_CONCURRENT)
        self._processes = CapacityLimiter(MAX_CONCURRENT)

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
            with fail_after(self._limits.wait_seconds):
                await self._turns.acquire()
        except TimeoutError as error:
            raise TooManyPicturesError from error
        try:
            with fail_after(self._limits.read_seconds):
                # Leaving this block ends the process, in contrast to a thread.
                return await to_process.run_sync(
                    _read,
                    data,
                    self._limits.memory_bytes,
                    cancellable=True,
                    limiter=self._processes,
                )
        except (TimeoutError, MemoryError, BrokenWorkerProcess) as error:
            log.warning("picture not read", error=type(error).__name__, bytes=len(data))
            raise PictureError("The picture takes too much time or memory to decode.") from error
        finally:
            self._turns.release()


def _read(data: bytes, memory_bytes: int) -> Picture:
    _, highest = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, highest))
    return read_picture(data)
