import asyncio
import logging
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import SpanKind, StatusCode
from structlog.testing import capture_logs

from shopkit.checks import Check
from shopkit.settings import Settings
from shopkit.testing.apps import client_of
from shopkit.testing.collector import collecting, recorded
from shopkit.tracing import context, spans
from shopkit.tracing.context import TraceContext
from shopkit.tracing.export import LoggingExporter
from shopkit.web import app as shop_app

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
PARENT_ID = "b7ad6b7169203331"
SAMPLED = TraceContext("request-1", f"00-{TRACE_ID}-{PARENT_ID}-01")
UNSAMPLED = TraceContext("request-1", f"00-{TRACE_ID}-{PARENT_ID}-00")
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    with recorded() as exporter:
        yield exporter


class Changing(SpanExporter):
    """Comes through with some exports, and not with others."""

    def __init__(self, results: list[bool]) -> None:
        self._results = results

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        good = self._results.pop(0)
        return SpanExportResult.SUCCESS if good else SpanExportResult.FAILURE


def place(span: ReadableSpan) -> tuple[str, str | None]:
    """Return the trace and the parent of a span, as hexadecimal numbers."""
    assert span.context
    parent = f"{span.parent.span_id:016x}" if span.parent else None
    return f"{span.context.trace_id:032x}", parent


def only(exported: InMemorySpanExporter) -> ReadableSpan:
    (span,) = exported.get_finished_spans()
    return span


@dataclass
class Services:
    checks: Mapping[str, Check] = field(default_factory=dict)


def application(endpoint: str | None) -> FastAPI:
    @asynccontextmanager
    async def running() -> AsyncIterator[Services]:
        yield Services()

    settings = Settings.model_validate({"port": 1, "otel_exporter_otlp_endpoint": endpoint})
    app = shop_app.create("things", settings, run=running, table={})

    @app.get("/things/{thing}")
    async def thing(thing: int) -> str:
        return context.current_trace_context().traceparent

    return app


class TestOff:
    def test_a_span_holds_the_trace_context_that_it_was_given(self) -> None:
        with spans.start_request(SAMPLED) as span:
            span.set_served("GET", "/things", "/things", 500)
            span.set_answered(404)
            span.set_failed("Error")
        assert span.trace_context is SAMPLED
        assert span.headers == {}
        assert not spans.enabled()

    def test_does_not_import_the_sdk(self) -> None:
        code = (
            "import sys, shopkit.web.app, shopkit.messaging.event_runtime\n"
            "print([m for m in sys.modules if m.startswith(('opentelemetry.sdk', 'requests'))])"
        )
        found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        assert found.stdout == b"[]\n"

    async def test_requests_continue_the_senders_trace(self) -> None:
        async with client_of(application(None)) as client:
            answer = await client.get("/things/1", headers={"traceparent": SAMPLED.traceparent})
        assert answer.json() == answer.headers["traceparent"] == SAMPLED.traceparent


class TestSpan:
    def test_has_the_parent_that_the_trace_context_names(
        self, exported: InMemorySpanExporter
    ) -> None:
        # When
        with spans.start(SpanKind.CLIENT, "ask", SAMPLED, {"a": 1}) as span:
            pass
        # Then
        done = only(exported)
        assert place(done) == (TRACE_ID, PARENT_ID)
        assert (done.name, done.kind, done.attributes) == ("ask", SpanKind.CLIENT, {"a": 1})
        assert done.context
        assert span.trace_context.request_id == "request-1"
        assert span.trace_context.traceparent == f"00-{TRACE_ID}-{done.context.span_id:016x}-01"
        assert span.headers == {"traceparent": span.trace_context.traceparent}

    @pytest.mark.parametrize(
        ("kind", "remote"),
        [
            (SpanKind.SERVER, True),
            (SpanKind.CONSUMER, True),
            (SpanKind.CLIENT, False),
            (SpanKind.PRODUCER, False),
        ],
    )
    def test_marks_a_parent_in_another_service_as_remote(
        self, exported: InMemorySpanExporter, kind: SpanKind, remote: bool
    ) -> None:
        with spans.start(kind, "any", SAMPLED):
            pass
        parent = only(exported).parent
        assert parent
        assert parent.is_remote is remote

    def test_starts_a_new_trace_on_request(self, exported: InMemorySpanExporter) -> None:
        with spans.start_request(SAMPLED, new_trace=True) as span:
            pass
        trace, parent = place(only(exported))
        assert trace != TRACE_ID
        assert parent is None
        assert span.trace_context.traceparent.split("-")[1] == trace

    @pytest.mark.parametrize("traceparent", ["", "garbage", f"00-{'0' * 32}-{PARENT_ID}-01"])
    def test_starts_a_new_trace_if_the_context_is_invalid(
        self, exported: InMemorySpanExporter, traceparent: str
    ) -> None:
        with spans.start(SpanKind.PRODUCER, "send", TraceContext("", traceparent)) as span:
            pass
        assert place(only(exported))[1] is None
        assert context.is_traceparent(span.trace_context.traceparent)

    def test_passes_on_an_unsampled_trace_without_recording(
        self, exported: InMemorySpanExporter
    ) -> None:
        with spans.start_request(UNSAMPLED) as span:
            span.set_served("GET", "/things", "/things", 200)
        assert exported.get_finished_spans() == ()
        assert span.trace_context.traceparent.startswith(f"00-{TRACE_ID}-")
        assert span.trace_context.traceparent.endswith("-00")
        assert span.trace_context.traceparent != UNSAMPLED.traceparent

    def test_a_client_cannot_force_recording(self) -> None:
        with recorded(ParentBased(ALWAYS_OFF)) as exported:
            with spans.start_request(SAMPLED, new_trace=True) as begun:
                pass
            with spans.start(SpanKind.CLIENT, "ask", begun.trace_context):
                pass
        assert exported.get_finished_spans() == ()

    def test_records_only_the_type_of_an_exception(self, exported: InMemorySpanExporter) -> None:
        with pytest.raises(ValueError, match=r"a@b\.c"), spans.start_request(SAMPLED):
            raise ValueError("a@b.c")
        done = only(exported)
        assert (done.status.status_code, done.attributes) == (
            StatusCode.ERROR,
            {"error.type": "ValueError"},
        )
        assert done.events == ()


class TestSetServed:
    @pytest.mark.parametrize(
        ("status", "code"),
        [(201, StatusCode.UNSET), (404, StatusCode.UNSET), (503, StatusCode.ERROR)],
    )
    def test_has_the_route_as_name_and_fails_by_its_status(
        self, exported: InMemorySpanExporter, status: int, code: StatusCode
    ) -> None:
        with spans.start_request(SAMPLED) as span:
            span.set_served("GET", "/things/{thing}", "/things/1", status)
        done = only(exported)
        assert (done.name, done.status.status_code) == ("GET /things/{thing}", code)
        error = {"error.type": "503"} if code is StatusCode.ERROR else {}
        assert done.attributes == {
            "http.request.method": "GET",
            "http.route": "/things/{thing}",
            "url.path": "/things/1",
            "http.response.status_code": status,
            **error,
        }

    def test_records_no_path_with_personal_data_or_of_an_unknown_route(
        self, exported: InMemorySpanExporter
    ) -> None:
        with spans.start_request(SAMPLED) as span:
            span.set_served("PATCH", "/api/users/{id}", "/api/users/a@b.c", 200)
        with spans.start_request(SAMPLED) as span:
            span.set_served("BREW", None, "/a@b.c", 404)
        named, unknown = exported.get_finished_spans()
        assert named.attributes
        assert named.attributes["url.path"] == "/api/users/{id}"
        assert unknown.name == "_OTHER"
        assert unknown.attributes == {
            "http.request.method": "_OTHER",
            "http.response.status_code": 404,
        }


class TestStartCall:
    @pytest.mark.parametrize(("status", "code"), [(302, StatusCode.UNSET), (404, StatusCode.ERROR)])
    def test_records_the_service_and_the_route(
        self, exported: InMemorySpanExporter, status: int, code: StatusCode
    ) -> None:
        with spans.start_call("things-ms", "GET", "/things/{thing}", SAMPLED) as span:
            span.set_answered(status)
        done = only(exported)
        assert (done.name, done.kind) == ("GET /things/{thing}", SpanKind.CLIENT)
        assert done.status.status_code is code
        assert done.attributes
        assert done.attributes["peer.service"] == "things-ms"
        assert done.attributes["url.template"] == "/things/{thing}"
        assert done.attributes["http.response.status_code"] == status


class TestTraced:
    async def test_each_run_of_a_step_has_its_own_trace(
        self, exported: InMemorySpanExporter
    ) -> None:
        # Given
        seen: list[str] = []

        async def step() -> None:
            seen.append(context.current_trace_context().traceparent.split("-")[1])

        # When
        followed = spans.traced("look", step)
        await followed()
        await followed()
        # Then
        finished = exported.get_finished_spans()
        assert [span.name for span in finished] == ["look", "look"]
        assert [place(span) for span in finished] == [(trace, None) for trace in seen]
        assert len(set(seen)) == 2


class TestExporting:
    async def test_sends_all_spans_before_the_service_ends(self) -> None:
        with collecting() as collector:
            async with client_of(application(collector.endpoint)) as client:
                answer = await client.get("/things/1", headers={"traceparent": SAMPLED.traceparent})
                await client.get("/things/1")
            (span,) = collector.spans
        assert str(span) == "things-ms SERVER GET /things/{thing}"
        assert (span.trace, span.parent) == (TRACE_ID, PARENT_ID)
        assert answer.json() == answer.headers["traceparent"] == f"00-{TRACE_ID}-{span.id}-01"
        assert not spans.enabled()

    async def test_an_unavailable_collector_causes_one_warning_and_fails_no_request(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        # Given small batches, and tries that are given up at once
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
        monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "4")
        monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.1")
        caplog.set_level(logging.INFO)
        # When
        with capture_logs() as logs:
            async with client_of(application(NOWHERE)) as client:
                started = time.monotonic()
                for _ in range(50):
                    answer = await client.get(
                        "/things/1", headers={"traceparent": SAMPLED.traceparent}
                    )
                    assert answer.status_code == 200
                seconds = time.monotonic() - started
                while not any("collector" in line["event"] for line in logs):
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.3)
        # Then
        assert seconds < 2
        reported = [line["event"] for line in logs if line["log_level"] != "debug"]
        assert reported == ["trace collector unavailable; spans are lost"]
        assert [record.name for record in caplog.records if "opentelemetry" in record.name] == []

    async def test_a_collector_that_does_not_answer_does_not_block_shutdown(self) -> None:
        # Given one that takes the connection and says nothing
        with socket.create_server(("127.0.0.1", 0)) as silent:
            address = f"http://127.0.0.1:{silent.getsockname()[1]}"
            # When
            async with client_of(application(address)) as client:
                await client.get("/things/1", headers={"traceparent": SAMPLED.traceparent})
                started = time.monotonic()
            seconds = time.monotonic() - started
        # Then
        assert seconds < spans.SHUTDOWN_SECONDS + 1

    def test_logs_when_the_collector_is_available_again(self) -> None:
        # Given
        collector = LoggingExporter(Changing([False, False, True, True, False]))
        # When
        with capture_logs() as logs:
            for _ in range(5):
                collector.export([])
        # Then
        assert [line["event"] for line in logs] == [
            "trace collector unavailable; spans are lost",
            "trace collector available again",
            "trace collector unavailable; spans are lost",
        ]
