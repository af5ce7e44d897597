"""Runs the whole system on this machine: real servers from packages, without Docker or root.

Tests use `Stack`; people use `make up`, which calls `python -m stack`.
"""

from stack.errors import StackError
from stack.lifecycle import Stack
from stack.settings import Mode, Settings

__all__ = ["Mode", "Settings", "Stack", "StackError"]
