"""Stand-ins for what is far away: the services behind the gateway."""

import asyncio
import hashlib
import threading

import numpy as np

from deployments.encode import encode_image, encode_preview, preview_size
from deployments.errors import EmblemError
from deployments.image_store import ImageStore
from deployments.schemas import (
    ControlKind,
    GenerationRecord,
    GenerationRequest,
    ImageProgress,
    ImageRecord,
    ServiceState,
    Timings,
)
from deployments.specs import Kind
from serve_app.service import Tell


class FakeService:
    """Draws flat noise from prompt and seed at once; fails with `failure` when one is set, before or while it waits."""

    def __init__(self, kind: Kind, store: ImageStore) -> None:
        self._kind = kind
        self._store = store
        self.requests: list[GenerationRequest] = []
        self.model_version = "starter@00000000"
        self.failure: Exception | None = None
        self.loaded: list[str] = []
        self.may_draw = threading.Event()  # set by tests, which run on other threads
        self.may_draw.set()
        self.device_s = 0.0  # that each generation is said to take
        self.has_references = True
        self.control_kinds: tuple[ControlKind, ...] = ("canny", "depth")
        self.stops_after = 0  # images; then it waits until it may draw again

    async def draw(self, request: GenerationRequest, tell: Tell) -> GenerationRecord:
        self.requests.append(request)
        if self.failure:
            raise self.failure
        drawn = []
        for index in range(len(request.seeds)):
            for step in range(1, request.num_steps + 1) if request.reports_steps else ():
                await tell(self._progress(request, index, step))
            await self._wait()
            drawn.append(self._draw(request, index))
            if len(drawn) == self.stops_after:
                self.may_draw.clear()
            if len(drawn) < len(request.seeds):
                await tell(drawn[-1])
        images = tuple(drawn)
        return GenerationRecord(
            generation_id=request.generation_id,
            model_version=self.model_version,
            adapters=tuple(use.id for use in request.loras),
            images=images,
            num_prompt_tokens=len(request.prompt.split()),
            is_prompt_truncated=False,
            device_s=self.device_s,
            timings=Timings(queue_ms=0, denoise_ms=1, decode_ms=1, store_ms=1),
        )

    async def load_adapter(self, version_id: str) -> None:
        self.loaded.append(version_id)
        if self.failure:
            raise self.failure

    async def follow(self) -> None:
        if self.failure:
            raise self.failure

    async def describe(self, timeout_s: float) -> ServiceState:  # noqa: ARG002
        if isinstance(self.failure, EmblemError):
            raise self.failure
        return ServiceState(
            kind=self._kind, model_version=self.model_version, weights="random", num_active_images=0,
            has_references=self.has_references, control_kinds=self.control_kinds,
        )  # fmt: skip

    async def _wait(self) -> None:
        while not self.may_draw.is_set():
            await asyncio.sleep(0.002)
        if self.failure:
            raise self.failure

    def _progress(self, request: GenerationRequest, index: int, step: int) -> ImageProgress:
        has_preview = request.preview_every and step % request.preview_every == 0 and step < request.num_steps
        size = preview_size(request.width_px, request.height_px)
        png = encode_preview(np.full((8, 8, 3), step, np.uint8), *size) if has_preview else None
        return ImageProgress(
            index=index,
            step=step,
            num_steps=request.num_steps,
            preview_png=png,
            device_s=step * self.device_s / request.num_steps / len(request.seeds),
        )

    def _draw(self, request: GenerationRequest, index: int) -> ImageRecord:
        inputs = [self._store.get(image.key) for image in (request.image, request.mask) if image]
        digest = hashlib.sha256(b"/".join([f"{request.prompt}/{request.seeds[index]}".encode(), *inputs])).digest()
        generator = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        shape = (request.height_px, request.width_px, 3)
        pixels = generator.integers(0, 256, shape, dtype=np.uint8)
        content = encode_image(pixels, request.output_format, request.output_quality)
        key = f"{request.generation_id}/{index}.{request.output_format}"
        self._store.put(key, content)
        return ImageRecord(
            index=index,
            seed=request.seeds[index],
            key=key,
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            device_s=self.device_s / len(request.seeds),
        )
