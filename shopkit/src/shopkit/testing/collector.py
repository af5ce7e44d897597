"""Records spans for tests: those of the test process, or those that services send."""

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
class ReceivedSpan:
    """A span as it was received.

    Ids are hexadecimal. The `parent` of a root is empty. Times are seconds since the epoch.
    """

    service: str
    kind: str
    name: str
    trace: str
    id: str
    parent: str
    failed: bool
    attributes: dict[str, Any]
    began: float
    ended: float

    def __str__(self) -> str:
        """Return the service, the kind and the name."""
        return f"{self.service} {self.kind} {self.name}"


@dataclass
class Collector:
    """The spans that were received."""

    endpoint: str
    spans: list[ReceivedSpan] = field(default_factory=list)

    def tree(self, trace: str) -> list[str]:
        """Return the spans of a trace as an indented tree, in which siblings are sorted by name.

        A span whose parent was not received is treated as a root.
        """
        spans = [span for span in self.spans if span.trace == trace]
        known = {span.id for span in spans}

        def lines(parent: str, depth: int) -> list[str]:
            children = [
                span for span in spans if (span.parent if span.parent in known else "") == parent
            ]
            return [
                line
                for child in sorted(children, key=str)
                for line in ["  " * depth + str(child), *lines(child.id, depth + 1)]
            ]

        return lines("", 0)


@contextmanager
def recorded(sampler: Sampler | None = None) -> Iterator[InMemorySpanExporter]:
    """Record the spans of this process inside the `with` block."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with spans.recording(provider):
        yield exporter


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector inside the `with` block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.spans.extend(_read(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()


def _read(body: bytes) -> Iterator[ReceivedSpan]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        service = _attributes(resource.resource)["service.name"]
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield ReceivedSpan(
                    service=service,
                    kind=Sent.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
                    name=span.name,
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    failed=span.status.code == span.status.STATUS_CODE_ERROR,
                    attributes=_attributes(span),
                    began=span.start_time_unix_nano / 1e9,
                    ended=span.end_time_unix_nano / 1e9,
                )


def _attributes(holder: Any) -> dict[str, Any]:
    return {
        attribute.key: getattr(attribute.value, attribute.value.WhichOneof("value"))
        for attribute in holder.attributes
    }
