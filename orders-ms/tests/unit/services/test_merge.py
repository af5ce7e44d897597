import asyncio
from collections.abc import AsyncIterator, Mapping

from hypothesis import given
from hypothesis import strategies as st

from orders.services.reconcile import merge

Side = Mapping[str, int]


async def stream(side: Side) -> AsyncIterator[tuple[str, int]]:
    for key in sorted(side):
        yield key, side[key]


async def merged(left: Side, right: Side) -> list[tuple[str, int | None, int | None]]:
    return [row async for row in merge(stream(left), stream(right))]


SIDES = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers())


class TestMerge:
    async def test_pairs_equal_ids_and_shows_which_side_lacks_one(self) -> None:
        assert await merged({"a": 1, "b": 2, "d": 4}, {"b": 20, "c": 30}) == [
            ("a", 1, None),
            ("b", 2, 20),
            ("c", None, 30),
            ("d", 4, None),
        ]

    async def test_is_empty_if_both_sides_are_empty(self) -> None:
        assert await merged({}, {}) == []

    @given(SIDES, SIDES)
    def test_yields_every_id_once_and_in_order(
        self, left: dict[str, int], right: dict[str, int]
    ) -> None:
        assert asyncio.run(merged(left, right)) == [
            (key, left.get(key), right.get(key)) for key in sorted({*left, *right})
        ]
