"""Lets a program believe that it is another time."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path


def shifted_clock(hours: int) -> Mapping[str, str]:
    """Return the variables that shift the clock of a program, but not its monotonic clock."""
    package = find_spec("libfaketime")
    assert package is not None
    assert package.origin is not None
    library = Path(package.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME": f"{hours * 3600:+d}s",
        "DONT_FAKE_MONOTONIC": "1",
    }
