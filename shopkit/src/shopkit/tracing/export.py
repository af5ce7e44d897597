"""Records spans and sends them to a collector; imported only where traces are on."""

import logging
from collections.abc import Sequence

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

log = structlog.get_logger(__name__)


class Collector(SpanExporter):
    """Tells once that the collector is away, and once that it is back; what was sent is lost."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._away = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans, in a thread of their own."""
        result = self._exporter.export(spans)
        away = result is not SpanExportResult.SUCCESS
        if away and not self._away:
            log.warning("collector of traces away; spans are lost")
        elif self._away and not away:
            log.info("collector of traces is back")
        self._away = away
        return result

    def shutdown(self) -> None:
        """Send no more."""
        self._exporter.shutdown()


def provider_for(service: str, endpoint: str) -> TracerProvider:
    """Return what records spans and sends them; the rest it reads from OTEL_... variables itself.

    Args:
        service: The name under which the process is known.
        endpoint: Where the collector takes OTLP over HTTP.
    """
    # They tell each try and each span that is dropped; `Collector` tells what matters.
    for chatty in ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    # Ended by `tracing.exporting`, as a process that is told to end by a signal runs no exit hooks.
    provider = TracerProvider(
        resource=Resource.create({SERVICE_NAME: service}), shutdown_on_exit=False
    )
    collector = Collector(OTLPSpanExporter(endpoint=endpoint))
    provider.add_span_processor(BatchSpanProcessor(collector))
    return provider
