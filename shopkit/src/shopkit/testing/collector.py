"""What keeps spans for a test: those of its own process, or all that are sent to a collector."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Sampler

from shopkit.tracing import spans


@dataclass(frozen=True)
class Collected:
    """A span as it arrived; ids are hexadecimal, and a root's `parent` is empty."""

    service: str
    kind: str
    name: str
    trace: str
    id: str
    parent: str
    failed: bool
    attributes: dict[str, Any]

    def __str__(self) -> str:
        """Say who does what, in which part."""
        return f"{self.service} {self.kind} {self.name}"


@dataclass
class Collector:
    """What has arrived by now."""

    endpoint: str
    spans: list[Collected] = field(default_factory=list)

    def tree(self, trace: str) -> list[str]:
        """Return a trace's spans, each after its parent and two blanks further in, else by name.

        A span whose parent did not arrive stands with the roots.
        """
        spans = [span for span in self.spans if span.trace == trace]
        known = {span.id for span in spans}

        def lines(parent: str, depth: int) -> list[str]:
            below = [one for one in spans if (one.parent if one.parent in known else "") == parent]
            return [
                line
                for one in sorted(below, key=str)
                for line in ["  " * depth + str(one), *lines(one.id, depth + 1)]
            ]

        return lines("", 0)


@contextmanager
def recorded(sampler: Sampler | None = None) -> Iterator[InMemorySpanExporter]:
    """Yield what keeps the spans of this process while the context lasts."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with spans.recording(provider):
        yield exporter


@contextmanager
def collecting() -> Iterator[Collector]:
    """Yield a collector that takes spans while the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.spans.extend(_read(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_given: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield collector
        server.shutdown()
        thread.join()


def _read(body: bytes) -> Iterator[Collected]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        service = _values(resource.resource)["service.name"]
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Collected(
                    service=service,
                    kind=Sent.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
                    name=span.name,
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    failed=span.status.code == span.status.STATUS_CODE_ERROR,
                    attributes=_values(span),
                )


def _values(holder: Any) -> dict[str, Any]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value")) for each in holder.attributes
    }
