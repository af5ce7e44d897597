import re

import pytest

from shopkit.tracing import context
from shopkit.tracing.context import Origin

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class TestAccept:
    def test_keeps_what_is_sane(self) -> None:
        assert context.accept("Shop_1.a-b", TRACE) == Origin("Shop_1.a-b", TRACE)

    def test_keeps_an_id_of_128_characters(self) -> None:
        assert context.accept("x" * 128, TRACE).request_id == "x" * 128

    @pytest.mark.parametrize("given", [None, "", "a b", "x" * 129, "ü", "a\n", "a;b", '"'])
    def test_makes_an_id_where_there_is_no_sane_one(self, given: str | None) -> None:
        origin = context.accept(given, TRACE)
        assert re.fullmatch("[0-9a-f]{32}", origin.request_id)
        assert origin.traceparent == TRACE

    @pytest.mark.parametrize(
        "given",
        [
            None,
            "",
            "garbage",
            TRACE.upper(),
            TRACE + "\n",
            f"ff{TRACE[2:]}",
            f"00-{'0' * 32}-b7ad6b7169203331-01",
            f"00-0af7651916cd43dd8448eb211c80319c-{'0' * 16}-01",
            f"{TRACE}-more",
        ],
    )
    def test_begins_a_trace_where_there_is_no_sane_one(self, given: str | None) -> None:
        origin = context.accept("id", given)
        assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-01", origin.traceparent)
        assert origin.request_id == "id"

    def test_makes_another_id_each_time(self) -> None:
        assert context.accept(None, None) != context.accept(None, None)


class TestEnter:
    def test_makes_it_the_present_origin(self) -> None:
        context.enter(Origin("id", TRACE))
        assert context.current_origin() == Origin("id", TRACE)
        assert context.current_request_id() == "id"

    def test_there_is_none_outside_of_a_request(self) -> None:
        assert context.current_origin() == Origin("", "")
        assert context.current_request_id() == ""
