"""Traces of OpenTelemetry: where a request's time goes, through every process that it passes.

Spans are sent where `OTEL_EXPORTER_OTLP_ENDPOINT` says, and made by nobody without it. A span's parent is the W3C
`traceparent` that came with the request, as the request's id does. None holds a prompt or a key.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import NoOpTracer, Span, SpanKind, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from deployments.errors import EmblemError

ENDPOINT_VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
Attributes = Mapping[str, str | int]
NOTHING: Attributes = {}
CLOSE_TIMEOUT_S = 2.0  # for the last spans: a receiver that is away holds nobody longer

_W3C = TraceContextTextMapPropagator()
_NOWHERE = Context()  # parents are named, never found in what happens to run


class Tracing:
    """Makes the spans of one process. Sending them is a thread's own work: nobody waits for it, or fails with it."""

    def __init__(self, provider: TracerProvider | None = None) -> None:
        self._provider = provider
        self._tracer: Tracer = provider.get_tracer("emblem") if provider else NoOpTracer()

    @contextmanager
    def span(
        self, name: str, parent: str | None, kind: SpanKind = SpanKind.INTERNAL, attributes: Attributes = NOTHING
    ) -> Iterator[Span]:
        """Around work; of what that fails with it keeps the code alone. `parent` is a traceparent."""
        with self._begin(name, parent, kind, None, attributes) as span:
            try:
                yield span
            except GeneratorExit:  # of a stream whose reader has all that it wants
                raise
            except BaseException as error:
                span.set_attribute("error.type", error.code if isinstance(error, EmblemError) else type(error).__name__)
                span.set_status(StatusCode.ERROR)
                raise

    def past(self, name: str, parent: str | None, began_s: float, ended_s: float, attributes: Attributes) -> None:
        """Of work that is over; seconds since the epoch."""
        if self._provider:
            self._begin(name, parent, SpanKind.INTERNAL, began_s, attributes).end(_nanoseconds(ended_s))

    def close(self) -> None:
        """Sends what is left."""
        if self._provider:
            closing = threading.Thread(target=self._provider.shutdown, name="tracing", daemon=True)
            closing.start()
            closing.join(CLOSE_TIMEOUT_S)

    def _begin(
        self, name: str, parent: str | None, kind: SpanKind, began_s: float | None, attributes: Attributes
    ) -> Span:
        context = _W3C.extract({"traceparent": parent}, _NOWHERE) if parent else _NOWHERE
        return self._tracer.start_span(
            name, context, kind, {f"emblem.{key}": value for key, value in attributes.items()},
            start_time=None if began_s is None else _nanoseconds(began_s),
            record_exception=False, set_status_on_exception=False,
        )  # fmt: skip


def open_tracing(service: str) -> Tracing:
    """As the environment wants it; `service` is the name that this process has in the traces."""
    if not any(os.environ.get(name) for name in ENDPOINT_VARIABLES):
        return Tracing()
    # Only who sends spans has the means to: they take a replica's memory.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider)


def traceparent_of(span: Span) -> str | None:
    """What the next process is told; without traces the caller's own, or None."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier, set_span_in_context(span, _NOWHERE))
    return carrier.get("traceparent")


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9)
