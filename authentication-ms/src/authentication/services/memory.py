"""The memory of password hashing: kept while passwords are hashed, and returned afterwards.

By default glibc either keeps the 19 MiB of a thread's last hash in that thread's heap, or gets new
pages from the system for every hash, which takes half as long again. Other C libraries are not
tuned.
"""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""The numbers of glibc's `mallopt` options, from malloc.h."""

_OPTIONS = {_ARENA_MAX: 1, _MMAP_THRESHOLD: 32 << 20, _TRIM_THRESHOLD: 256 << 20}


def keep_freed_memory() -> None:
    """Let all threads share one heap that keeps freed memory until `release_freed_memory`."""
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option:
        for option, value in _OPTIONS.items():
            set_option(option, value)


def release_freed_memory() -> None:
    """Return freed memory to the system."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
