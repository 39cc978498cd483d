"""What Icon and Splash both hold: an engine with its model, and the way from a request to stored images."""

import asyncio
import hashlib
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import torch

from deployments.controls import LoadedControls, load_control_net, load_controls, load_reference_adapter
from deployments.encode import encode_image, encode_preview, preview_size
from deployments.engine.acceleration import accelerate, warm_up
from deployments.engine.calibrate import measure_max_rows
from deployments.engine.engine import Engine
from deployments.engine.job import FinishedImage, Job, Progress, watch
from deployments.engine.load import load_model
from deployments.finish import finish
from deployments.follower import Follower, Held
from deployments.image_request import image_request
from deployments.image_store import ImageStore
from deployments.input_images import Inputs, load_inputs
from deployments.instruments import Instruments
from deployments.log import about, name_requests
from deployments.model_folder import ModelManifest, read_manifest
from deployments.registry.registry import AdapterRegistry
from deployments.schemas import (
    ControlKind,
    DrawEvent,
    GenerationRecord,
    GenerationRequest,
    ImageProgress,
    ImageRecord,
    ServiceState,
    Timings,
)
from deployments.service_metrics import ServiceMetrics
from deployments.service_tracing import ServiceTracing
from deployments.specs import PROFILES, Kind
from deployments.tracing import Tracing

logger = logging.getLogger("ray.serve")

STALL_TIMEOUT_S = 120.0  # longer than the longest single step, first-call warm-up included


@dataclass(frozen=True)
class _Stored:
    record: ImageRecord
    finished: FinishedImage
    store_s: float


class Host:
    """Draws requests with one engine and puts the images into the store. All of it is owned by one replica."""

    def __init__(
        self, kind: Kind, engine: Engine, manifest: ModelManifest, store: ImageStore, medium: str = "",
        on_stored: Callable[[FinishedImage, float], None] = lambda *_: None, adapters: Follower | None = None,
        has_references: bool = False, tracing: Tracing | None = None, control_kinds: tuple[ControlKind, ...] = (),
    ) -> None:  # fmt: skip
        self._kind = kind
        self._medium = medium
        self._engine = engine
        self._manifest = manifest
        self._store = store
        self._has_references = has_references
        self._control_kinds = control_kinds
        self._tracing = ServiceTracing(kind, tracing or Tracing())
        self._on_stored = on_stored  # the image, and the seconds that storing it took
        self.adapters = adapters or Follower(engine, AdapterRegistry(Path("no-registry")), manifest)

    async def draw(self, request: GenerationRequest) -> AsyncIterator[DrawEvent]:
        """Images as they are stored, but for the last: that one is told by the record of all."""
        with self._tracing.drawing(request) as traced:
            has_references = bool(request.controls.references)
            using = self.adapters.using(request.loras, request.generation_id, request.model_version, has_references)
            async with using as held, aclosing(self._draw(traced, held)) as events:
                async for event in events:
                    yield event

    async def _draw(self, request: GenerationRequest, held: Held) -> AsyncGenerator[DrawEvent]:
        about(request.request_id, request.traceparent)
        logger.info(
            "draw %s: %d image(s) of %dx%d, %d steps",
            request.generation_id, len(request.seeds), request.width_px, request.height_px, request.num_steps,
        )  # fmt: skip
        inputs, controls = await asyncio.to_thread(self._load, request, held)
        jobs: list[Job] = []
        stored: list[_Stored] = []
        try:
            for seed in request.seeds:
                image = image_request(request, self._medium, seed, inputs, held)
                jobs.append(self._engine.submit(controls.put_into(image)))
            is_watched = request.reports_steps or request.preview_every > 0
            async for index, news in watch(jobs, is_watched, request.report_every_s):
                if isinstance(news, Progress):
                    yield await _image_progress(request, index, news)
                    continue
                stored.append(await asyncio.to_thread(self._put, request, index, news, inputs))
                if len(stored) < len(jobs):
                    yield stored[-1].record
        finally:
            _cancel_unfinished(jobs)
        yield self._record(request, stored, held)

    def describe(self) -> ServiceState:
        return ServiceState(
            kind=self._kind,
            model_version=self.adapters.model_version,
            weights=self._manifest.weights,
            num_active_images=self._engine.num_unfinished,
            has_references=self._has_references,
            control_kinds=self._control_kinds,
            adapters=self.adapters.states,
        )

    def check(self) -> None:
        self._engine.check(STALL_TIMEOUT_S)

    def close(self) -> None:
        self.adapters.stop()
        self._engine.stop()
        self._tracing.close()

    def _load(self, request: GenerationRequest, held: Held) -> tuple[Inputs | None, LoadedControls]:
        return load_inputs(self._store, request), load_controls(self._store, request.controls, held.reference)

    def _record(self, request: GenerationRequest, stored: list[_Stored], held: Held) -> GenerationRecord:
        finished = [image.finished for image in stored]
        return GenerationRecord(
            generation_id=request.generation_id,
            model_version=held.model_version,
            adapters=held.adapters,
            images=tuple(sorted((image.record for image in stored), key=lambda record: record.index)),
            num_prompt_tokens=finished[0].num_prompt_tokens,
            is_prompt_truncated=finished[0].is_prompt_truncated,
            device_s=sum(image.device_s for image in finished),
            timings=Timings(
                queue_ms=1000 * max(image.queue_s for image in finished),
                denoise_ms=1000 * max(image.denoise_s for image in finished),
                decode_ms=1000 * max(image.decode_s for image in finished),
                store_ms=1000 * max(image.store_s for image in stored),
            ),
        )

    def _put(self, request: GenerationRequest, index: int, image: FinishedImage, inputs: Inputs | None) -> _Stored:
        began_s = time.monotonic()
        pixels_HWC = finish(image.pixels_HWC, inputs, request.controls)
        content = encode_image(pixels_HWC, request.output_format, request.output_quality)
        key = f"{request.generation_id}/{index}.{request.output_format}"
        self._store.put(key, content)
        record = ImageRecord(
            index=index,
            seed=request.seeds[index],
            key=key,
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            device_s=image.device_s,
        )
        store_s = time.monotonic() - began_s
        self._on_stored(image, store_s)
        self._tracing.stored_image(request, index, image, store_s)
        return _Stored(record, image, store_s)


def open_host(
    kind: Kind, profile: str, models_dir: str, image_store_url: str, registry_dir: str, gpu_fraction: float,
    instruments: Instruments, tracing: Tracing | None = None,
) -> Host:  # fmt: skip
    """Loads the profile's model and starts its engine. Raises ModelFolderError when the model can't be served."""
    name_requests()
    spec = PROFILES[profile]
    folder = Path(models_dir) / profile
    manifest = read_manifest(folder)
    if spec.device == "cuda" and 0 < gpu_fraction < 1:
        # Ray only counts fractions; without this bound one service can take the other's memory.
        torch.cuda.set_per_process_memory_fraction(gpu_fraction)
    model = load_model(folder, spec.device, getattr(torch, spec.dtype))
    equipment = accelerate(model, spec.max_lora_rank, spec.acceleration)
    has_references = load_reference_adapter(equipment, folder, spec.references)
    control_kinds = load_control_net(equipment, folder / spec.control_net)
    torch.set_num_threads(spec.num_threads)
    size = spec.kinds[kind].sizes[0]
    if spec.acceleration.compiled_blocks:
        warm_up(equipment, size.width_px, size.height_px)
    max_rows = measure_max_rows(equipment, size.width_px, size.height_px, spec.max_rows)
    logger.info("%s moves at most %d rows in a step", kind, max_rows)
    metrics = ServiceMetrics(kind, instruments)
    engine = Engine(equipment, max_rows, spec.num_threads, watcher=metrics)
    engine.start()
    if manifest.weights == "random":
        logger.warning("%s serves RANDOM weights (%s): its images are noise", kind, manifest.source)
    adapters = Follower(engine, AdapterRegistry(Path(registry_dir)), manifest)
    adapters.start()
    medium = spec.kinds[kind].medium
    store, told = ImageStore(image_store_url), metrics.stored_image
    return Host(kind, engine, manifest, store, medium, told, adapters, has_references, tracing, control_kinds)


async def _image_progress(request: GenerationRequest, index: int, progress: Progress) -> ImageProgress:
    """A preview has one pixel for each latent position; callers get it at the image's size, or smaller."""
    preview_png = None
    if progress.preview_HWC is not None:
        size = preview_size(request.width_px, request.height_px)
        preview_png = await asyncio.to_thread(encode_preview, progress.preview_HWC, *size)
    return ImageProgress(
        index=index, step=progress.step, num_steps=progress.num_steps, preview_png=preview_png,
        device_s=progress.device_s,
    )  # fmt: skip


def _cancel_unfinished(jobs: list[Job]) -> None:
    for job in jobs:
        if not job.result.done():
            job.cancel()
