"""Exports spans to a collector. Imported only if traces are on."""

import logging
from collections.abc import Sequence

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

log = structlog.get_logger(__name__)


class LoggingExporter(SpanExporter):
    """Logs when the collector becomes unavailable and when it is available again.

    Spans that could not be sent are lost.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._unavailable = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans. The batch processor calls this in its thread."""
        result = self._exporter.export(spans)
        unavailable = result is not SpanExportResult.SUCCESS
        if unavailable and not self._unavailable:
            log.warning("trace collector unavailable; spans are lost")
        elif self._unavailable and not unavailable:
            log.info("trace collector available again")
        self._unavailable = unavailable
        return result

    def shutdown(self) -> None:
        """Close the exporter."""
        self._exporter.shutdown()


def create_provider(service: str, endpoint: str) -> TracerProvider:
    """Return a provider that records spans and sends them to a collector.

    The SDK reads its other options from the OTEL_... variables.

    Args:
        service: The service's name in traces.
        endpoint: The collector's URL for OTLP over HTTP.
    """
    # These loggers report every attempt and every lost span. LoggingExporter reports each outage
    # once.
    for name in ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    # `spans.exporting` shuts the provider down, because exit hooks do not run after a signal.
    provider = TracerProvider(
        resource=Resource.create({SERVICE_NAME: service}), shutdown_on_exit=False
    )
    exporter = LoggingExporter(OTLPSpanExporter(endpoint=endpoint))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
