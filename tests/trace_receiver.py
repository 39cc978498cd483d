"""A receiver of traces as an OpenTelemetry collector is one, over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import FastAPI, Request, Response
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from tests.door import listening


@dataclass(frozen=True)
class Span:
    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    began_ns: int
    ended_ns: int
    attributes: dict[str, str | int]
    is_error: bool


class TraceReceiver:
    def __init__(self) -> None:
        self.api = FastAPI()
        self.api.post("/v1/traces")(self._take)
        self.bodies: list[bytes] = []

    @property
    def spans(self) -> list[Span]:
        return [span for body in self.bodies for span in _spans(ExportTraceServiceRequest.FromString(body))]

    def named(self, name: str) -> Span:
        (span,) = [span for span in self.spans if span.name == name]
        return span

    async def _take(self, request: Request) -> Response:
        self.bodies.append(await request.body())
        return Response(media_type="application/x-protobuf")


@contextmanager
def receiving() -> Iterator[tuple[TraceReceiver, str]]:
    receiver = TraceReceiver()
    with listening(receiver.api) as url:
        yield receiver, url


def _spans(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for resource in request.resource_spans:
        service = str(_values(resource.resource.attributes)["service.name"])
        for span in (span for scope in resource.scope_spans for span in scope.spans):
            yield Span(
                service, span.name, span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(),
                span.start_time_unix_nano, span.end_time_unix_nano, _values(span.attributes), span.status.code == 2,
            )  # fmt: skip


def _values(attributes: "list[KeyValue]") -> dict[str, str | int]:
    return {one.key: one.value.string_value or one.value.int_value for one in attributes}
