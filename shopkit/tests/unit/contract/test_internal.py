import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orders.services.reconcile import merge
from shopkit.contract.internal import PAGE, CancelOrders, ResendProducts
from shopkit.testing.deliveries import an_id

Side = Mapping[str, int]


async def stream(side: Side) -> AsyncIterator[tuple[str, int]]:
    for key in sorted(side):
        yield key, side[key]


async def merged(left: Side, right: Side) -> list[tuple[str, int | None, int | None]]:
    return [row async for row in merge(stream(left), stream(right))]


SIDES = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers())


class TestMerge:
    async def test_pairs_what_both_have_and_shows_what_one_lacks(self) -> None:
        assert await merged({"a": 1, "b": 2, "d": 4}, {"b": 20, "c": 30}) == [
            ("a", 1, None),
            ("b", 2, 20),
            ("c", None, 30),
            ("d", 4, None),
        ]

    async def test_is_empty_where_both_are(self) -> None:
        assert await merged({}, {}) == []

    @given(SIDES, SIDES)
    def test_gives_every_id_once_in_order_with_what_each_side_has(
        self, left: dict[str, int], right: dict[str, int]
    ) -> None:
        assert asyncio.run(merged(left, right)) == [
            (key, left.get(key), right.get(key)) for key in sorted({*left, *right})
        ]


class TestBodies:
    def test_take_a_page_and_no_more(self) -> None:
        ids = [an_id(number) for number in range(PAGE + 1)]
        assert len(CancelOrders(ids=ids[:PAGE]).ids) == 500
        with pytest.raises(ValidationError, match="at most 500 items"):
            CancelOrders(ids=ids)
        with pytest.raises(ValidationError, match="at most 500 items"):
            ResendProducts.model_validate({"products": [{"id": one, "version": 1} for one in ids]})
