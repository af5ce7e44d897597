"""The memory that hashing takes: kept while passwords come, given back when none does.

glibc would either keep the 19 MiB of its last hash in the heap of every thread for good, or fetch
fresh pages for each, which makes a hash half as long again. Other C libraries are left alone.
"""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""The numbers of glibc's `mallopt` options, from malloc.h."""

_SETTINGS = {_ARENA_MAX: 1, _MMAP_THRESHOLD: 32 << 20, _TRIM_THRESHOLD: 256 << 20}


def keep_until_given_back() -> None:
    """Let all threads share one heap, which keeps what was freed until `give_back`."""
    adjust = getattr(ctypes.CDLL(None), "mallopt", None)
    if adjust:
        for option, value in _SETTINGS.items():
            adjust(option, value)


def give_back() -> None:
    """Give freed memory back to the system."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
