import ctypes

import pytest

from authentication.services import memory


class NoGlibc:
    """A C library without glibc's own functions."""


class Recorder:
    def __init__(self) -> None:
        self.calls: list[tuple[int, ...]] = []

    def mallopt(self, option: int, value: int) -> int:
        self.calls.append((option, value))
        return 1

    def malloc_trim(self, pad: int) -> int:
        self.calls.append((pad,))
        return 1


class TestMemory:
    def test_Given_Glibc_When_Asked_Then_OneHeapKeepsWhatIsFreedUntilItIsGivenBack(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        library = Recorder()
        monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
        memory.keep_until_given_back()
        memory.give_back()
        assert library.calls == [(-8, 1), (-3, 32 << 20), (-1, 256 << 20), (0,)]

    def test_Given_AnotherCLibrary_When_Asked_Then_NothingIsDone(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ctypes, "CDLL", lambda _: NoGlibc())
        memory.keep_until_given_back()
        memory.give_back()
