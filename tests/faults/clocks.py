"""Lets a running program believe that it is another time."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path


class Clock:
    """The clock of a program, which can be shifted while the program runs.

    Its monotonic clock does not change.

    Args:
        file: A file that tells the program its time.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.shift(0)

    @property
    def variables(self) -> Mapping[str, str]:
        """The variables that let a program use this clock."""
        package = find_spec("libfaketime")
        assert package is not None
        assert package.origin is not None
        library = (
            Path(package.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"
        )
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def shift(self, hours: int) -> None:
        """Shift the clock within about a second."""
        self._file.write_text(f"{hours * 3600:+d}s", encoding="ascii")
