"""What Icon and Splash tell of a request's trace: the drawing, and each image's way through the engine."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.trace import SpanKind

from deployments.engine.job import FinishedImage
from deployments.schemas import GenerationRequest
from deployments.specs import Kind
from deployments.tracing import Attributes, Tracing, traceparent_of


class ServiceTracing:
    def __init__(self, kind: Kind, tracing: Tracing) -> None:
        self._kind = kind
        self._tracing = tracing

    @contextmanager
    def drawing(self, request: GenerationRequest) -> Iterator[GenerationRequest]:
        """The request as it goes on from here, its images within this span."""
        named: Attributes = {
            "generation_id": request.generation_id, "request_id": request.request_id, "num_images": len(request.seeds),
            "num_steps": request.num_steps,
        }  # fmt: skip
        with self._tracing.span(f"draw {self._kind}", request.traceparent, SpanKind.SERVER, named) as span:
            yield request.model_copy(update={"traceparent": traceparent_of(span)})

    def stored_image(self, request: GenerationRequest, index: int, image: FinishedImage, store_s: float) -> None:
        """Just now; the engine's phases by what its clock said."""
        now_s, parent = time.time(), request.traceparent
        began_s = now_s - (time.monotonic() - image.submitted_s)
        durations = {
            "wait": image.queue_s - image.encode_s, "encode": image.encode_s, "denoise": image.denoise_s,
            "decode": image.decode_s,
        }  # fmt: skip
        for phase, seconds in durations.items():
            self._tracing.past(phase, parent, began_s, began_s + seconds, {"image": index})
            began_s += seconds
        self._tracing.past("store", parent, now_s - store_s, now_s, {"image": index})

    def close(self) -> None:
        self._tracing.close()
