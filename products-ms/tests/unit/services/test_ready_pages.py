import asyncio

import pytest

from products.services.ready_pages import Page, ReadyPages
from shopkit.identity import Identity, Role

VISITOR = Identity()
USER = Identity("1" * 24, role=Role.USER)
ADMIN = Identity("2" * 24, role=Role.ADMIN)


class Changes:
    """The generation of the catalogue, and how often it was asked for."""

    def __init__(self) -> None:
        self.known: int | None = 1
        self.checks = 0
        self.gate: asyncio.Event | None = None

    async def generation(self) -> int | None:
        self.checks += 1
        known = self.known
        if self.gate:
            await self.gate.wait()
        return known


class Reader:
    """Reads pages of a size, each with another tag. Each waits for the gate, if there is one."""

    def __init__(self, size_bytes: int = 1) -> None:
        self.reads = 0
        self.gate: asyncio.Event | None = None
        self._size_bytes = size_bytes

    async def __call__(self) -> Page:
        self.reads += 1
        number = self.reads
        if self.gate:
            await self.gate.wait()
        return Page(b"x" * self._size_bytes, str(number))


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
def pages(changes: Changes) -> ReadyPages:
    return ReadyPages(changes, limit_bytes=10)


async def wait_for_tasks() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


class TestGet:
    async def test_reads_a_page_once_until_the_catalogue_changes(
        self, pages: ReadyPages, changes: Changes
    ) -> None:
        # Given
        read = Reader()
        tags = [(await pages.get(VISITOR, "a", read)).tag for _ in range(3)]

        # When
        changes.known = 2
        tags += [(await pages.get(VISITOR, "a", read)).tag for _ in range(2)]

        # Then
        assert tags == ["1", "1", "1", "2", "2"]
        assert (read.reads, changes.checks) == (2, 5)

    async def test_keeps_pages_apart(self, pages: ReadyPages) -> None:
        read = Reader()

        tags = [(await pages.get(VISITOR, key, read)).tag for key in ("a", "b", "a")]

        assert tags == ["1", "2", "1"]

    async def test_keeps_nothing_while_it_is_unknown_whether_the_catalogue_changes(
        self, pages: ReadyPages, changes: Changes
    ) -> None:
        # Given
        read = Reader()
        await pages.get(VISITOR, "a", read)

        # When
        changes.known = None
        tags = [(await pages.get(VISITOR, "a", read)).tag for _ in range(2)]

        # Then
        assert tags == ["2", "3"]

    async def test_does_not_keep_a_page_if_the_catalogue_has_changed_since_it_was_requested(
        self, pages: ReadyPages, changes: Changes
    ) -> None:
        # Given
        slow, read = Reader(), Reader()
        slow.gate = asyncio.Event()
        early = asyncio.create_task(pages.get(VISITOR, "a", slow))
        await wait_for_tasks()

        # When
        changes.known = 2
        await pages.get(VISITOR, "b", read)
        slow.gate.set()
        await early

        # Then
        assert (await pages.get(VISITOR, "a", read)).tag == "2"

    async def test_never_returns_to_an_earlier_generation(
        self, pages: ReadyPages, changes: Changes
    ) -> None:
        # Given: the check of the first request takes longer than that of the second.
        read = Reader()
        changes.known = 2
        assert (await pages.get(VISITOR, "a", read)).tag == "1"
        changes.known = 1

        # When
        page = await pages.get(VISITOR, "a", read)
        other = await pages.get(VISITOR, "b", read)

        # Then
        assert (page.tag, other.tag) == ("1", "2")
        changes.known = 2
        assert [(await pages.get(VISITOR, key, read)).tag for key in ("a", "b")] == ["1", "2"]

    async def test_shares_a_check_but_never_one_that_began_before_the_request(
        self, pages: ReadyPages, changes: Changes
    ) -> None:
        # Given
        read = Reader()
        await pages.get(VISITOR, "a", read)
        changes.gate = asyncio.Event()
        first = asyncio.create_task(pages.get(VISITOR, "a", read))
        await wait_for_tasks()

        # When: the catalogue changes after the check of the first request has begun.
        changes.known = 2
        later = [asyncio.create_task(pages.get(VISITOR, "a", read)) for _ in range(50)]
        await wait_for_tasks()
        changes.gate.set()

        # Then
        assert (await first).tag == "1"
        assert {(await task).tag for task in later} == {"2"}
        assert (read.reads, changes.checks) == (2, 3)

    async def test_shares_the_read_of_a_page(self, pages: ReadyPages) -> None:
        # Given
        read = Reader()
        read.gate = asyncio.Event()
        requests = [asyncio.create_task(pages.get(VISITOR, "a", read)) for _ in range(500)]
        await wait_for_tasks()

        # When: one of them is cancelled, and the others still get the page.
        requests[0].cancel()
        await wait_for_tasks()
        read.gate.set()

        # Then
        assert {(await task).tag for task in requests[1:]} == {"1"}
        assert read.reads == 1

    async def test_drops_the_page_that_was_not_requested_for_the_longest_time(
        self, pages: ReadyPages
    ) -> None:
        # Given
        read = Reader(size_bytes=4)
        for key in ("a", "b", "a", "c"):
            await pages.get(VISITOR, key, read)
        assert read.reads == 3

        # When
        for key in ("a", "c"):
            await pages.get(VISITOR, key, read)

        # Then
        assert read.reads == 3
        await pages.get(VISITOR, "b", read)
        assert read.reads == 4

    async def test_does_not_keep_a_page_that_is_larger_than_the_limit(
        self, pages: ReadyPages
    ) -> None:
        # Given
        small, large = Reader(), Reader(size_bytes=11)
        await pages.get(VISITOR, "small", small)

        # When
        for _ in range(2):
            await pages.get(VISITOR, "large", large)

        # Then
        await pages.get(VISITOR, "small", small)
        assert (small.reads, large.reads) == (1, 2)

    async def test_does_not_keep_an_error(self, pages: ReadyPages) -> None:
        async def fail() -> Page:
            raise KeyError("gone")

        for _ in range(2):
            with pytest.raises(KeyError, match="gone"):
                await pages.get(VISITOR, "a", fail)

        assert (await pages.get(VISITOR, "a", Reader())).tag == "1"

    async def test_gives_ready_bytes_to_visitors_and_shoppers(self, pages: ReadyPages) -> None:
        read = Reader()

        tags = [(await pages.get(caller, "a", read)).tag for caller in (VISITOR, USER)]

        assert tags == ["1", "1"]

    async def test_reads_for_admins_each_time(self, pages: ReadyPages, changes: Changes) -> None:
        # Given
        read = Reader()
        await pages.get(USER, "a", read)

        # When
        tags = [(await pages.get(ADMIN, "a", read)).tag for _ in range(2)]

        # Then
        assert tags == ["2", "3"]
        assert (await pages.get(USER, "a", read)).tag == "1"
        assert changes.checks == 2


class TestFind:
    async def test_returns_a_known_page_until_the_catalogue_changes(
        self, pages: ReadyPages, changes: Changes
    ) -> None:
        # Given
        page = await pages.get(VISITOR, "a", Reader())
        assert await pages.find(USER, "a") is page

        # When
        changes.known = 2

        # Then
        assert await pages.find(USER, "a") is None

    async def test_returns_nothing_while_it_is_unknown_whether_the_catalogue_changes(
        self, pages: ReadyPages, changes: Changes
    ) -> None:
        await pages.get(VISITOR, "a", Reader())

        changes.known = None

        assert await pages.find(VISITOR, "a") is None

    @pytest.mark.parametrize(("caller", "key"), [(ADMIN, "a"), (VISITOR, "b")])
    async def test_asks_nothing_for_admins_and_unknown_pages(
        self, pages: ReadyPages, changes: Changes, caller: Identity, key: str
    ) -> None:
        await pages.get(VISITOR, "a", Reader())

        assert await pages.find(caller, key) is None
        assert changes.checks == 1
