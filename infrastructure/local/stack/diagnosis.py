"""Suggests a remedy for what a program wrote before it died."""

import re
from pathlib import Path

LAST_LINES = 15
TAIL_BYTES = 8_000
ADVICE = {
    r"error while loading shared libraries": (
        "A system library is missing. mongod needs OpenSSL 3 and libcurl 4. Debian 12, Ubuntu"
        " 22.04: apt install libssl3 libcurl4. Fedora: dnf install openssl-libs libcurl."
    ),
    r"No space left on device|Disk quota exceeded": (
        "The disk is full. Free some space (`make reset` deletes this stack's data) and try again."
    ),
    r"Address (already )?in use|EADDRINUSE": (
        "Another program has taken its port. Stop that program, or set another port."
    ),
    r"Cannot allocate memory|insufficient memory|OutOfMemoryError": (
        "There is too little memory; the whole system needs about 2 GB."
    ),
    r"newer version|Invalid featureCompatibilityVersion|UPGRADE PROBLEM": (
        "Another version of the server wrote the data. `make reset` deletes it."
    ),
    r"No module named": (
        "A package or module is missing; `make deps` installs the locked packages."
    ),
}


def last_lines(log: Path, count: int = LAST_LINES) -> str:
    """Return the end of a log."""
    if not log.exists():
        return "(nothing was written)"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL_BYTES))
        text = file.read().decode(errors="replace")
    return "\n".join(f"    {line}" for line in text.splitlines()[-count:])


def advice(text: str) -> str:
    """Return what to do about an output; empty if the output is unknown."""
    hints = (hint for pattern, hint in ADVICE.items() if re.search(pattern, text))
    return next(hints, "")
