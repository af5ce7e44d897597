import re

import pytest

from shopkit.tracing import context
from shopkit.tracing.context import TraceContext

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class TestFromHeaders:
    def test_keeps_valid_headers(self) -> None:
        assert context.from_headers("Shop_1.a-b", TRACE) == TraceContext("Shop_1.a-b", TRACE)

    def test_keeps_an_id_of_128_characters(self) -> None:
        assert context.from_headers("x" * 128, TRACE).request_id == "x" * 128

    @pytest.mark.parametrize("given", [None, "", "a b", "x" * 129, "ü", "a\n", "a;b", '"'])
    def test_creates_an_id_if_there_is_no_valid_one(self, given: str | None) -> None:
        trace_context = context.from_headers(given, TRACE)
        assert re.fullmatch("[0-9a-f]{32}", trace_context.request_id)
        assert trace_context.traceparent == TRACE

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
    def test_starts_a_trace_if_there_is_no_valid_one(self, given: str | None) -> None:
        trace_context = context.from_headers("id", given)
        assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-01", trace_context.traceparent)
        assert trace_context.request_id == "id"

    def test_creates_a_different_id_each_time(self) -> None:
        assert context.from_headers(None, None) != context.from_headers(None, None)


class TestActivate:
    def test_sets_the_current_trace_context(self) -> None:
        context.activate(TraceContext("id", TRACE))
        assert context.current_trace_context() == TraceContext("id", TRACE)
        assert context.current_request_id() == "id"

    def test_is_empty_outside_a_request(self) -> None:
        assert context.current_trace_context() == TraceContext("", "")
        assert context.current_request_id() == ""
