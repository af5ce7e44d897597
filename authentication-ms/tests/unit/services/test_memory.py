import ctypes

import pytest

from authentication.services import memory


class OtherLibrary:
    """A C library without the functions of glibc."""


class FakeGlibc:
    def __init__(self) -> None:
        self.calls: list[tuple[int, ...]] = []

    def mallopt(self, option: int, value: int) -> int:
        self.calls.append((option, value))
        return 1

    def malloc_trim(self, pad: int) -> int:
        self.calls.append((pad,))
        return 1


class TestMemory:
    def test_is_kept_in_one_heap_until_it_is_released(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        glibc = FakeGlibc()
        monkeypatch.setattr(ctypes, "CDLL", lambda _: glibc)
        # When
        memory.keep_freed_memory()
        memory.release_freed_memory()
        # Then
        assert glibc.calls == [(-8, 1), (-3, 32 << 20), (-1, 256 << 20), (0,)]

    def test_is_not_tuned_in_another_c_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ctypes, "CDLL", lambda _: OtherLibrary())
        memory.keep_freed_memory()
        memory.release_freed_memory()
