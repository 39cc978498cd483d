"""Our engine behind the same thin door as the peers: as it is, or held to what others' step-wise batching does.

    python -m bench.peers.own_engine MODEL_DIR PORT [same-key]

With `same-key` requests are admitted first come, first served, and only while their key is that of the images under
way: vLLM-Omni's step mode. Everything else is equal, so the difference is mixing and policy alone.
"""

import asyncio
import sys
from collections import deque
from pathlib import Path
from typing import Protocol

import numpy as np
import uvicorn
from fastapi import FastAPI, Response

from bench.extras import CONTROL, REFERENCE, Extras
from bench.peers.drawing import NUM_THREADS
from bench.trace import TraceRequest
from deployments.encode import encode_image
from deployments.engine.engine import Engine
from deployments.engine.equipment import equip
from deployments.engine.load import load_model
from deployments.engine.request import ControlRequest, ImageRequest, LoraRequest, ReferenceRequest
from deployments.specs import STARTER

MAX_IMAGES = 8  # in one step; the batching peers get the same
MAX_ROWS = 2 * MAX_IMAGES


class Gate(Protocol):
    async def enter(self, key: tuple[object, ...]) -> None: ...
    def leave(self) -> None: ...


class OpenGate:
    async def enter(self, key: tuple[object, ...]) -> None:
        pass

    def leave(self) -> None:
        pass


class SameKeyGate:
    """The head of the line waits until its key is under way, with a place free, or nothing is."""

    def __init__(self) -> None:
        self._line: deque[tuple[tuple[object, ...], asyncio.Future[None]]] = deque()
        self._key: tuple[object, ...] = ()
        self._num_inside = 0

    async def enter(self, key: tuple[object, ...]) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append((key, turn))
        self._let_in()
        await turn

    def leave(self) -> None:
        self._num_inside -= 1
        self._let_in()

    def _let_in(self) -> None:
        while self._line and self._num_inside < MAX_IMAGES and (not self._num_inside or self._line[0][0] == self._key):
            self._key, turn = self._line.popleft()
            self._num_inside += 1
            turn.set_result(None)


def image_request(request: TraceRequest, extras: Extras) -> ImageRequest:
    loras = () if request.lora is None else (LoraRequest(request.lora),)
    controls = () if request.control is None else (ControlRequest(request.control, np.asarray(extras.drawing)),)
    references: tuple[ReferenceRequest, ...] = ()
    if request.reference is not None:
        references = (ReferenceRequest(request.reference, np.asarray(extras.reference)),)
    return ImageRequest(
        request.prompt, None, request.width_px, request.height_px, request.num_steps, request.guidance_scale,
        request.seed, request.sampler, loras=loras, controls=controls, references=references,
    )  # fmt: skip


def start_engine(model_dir: Path, max_rows: int = MAX_ROWS) -> Engine:
    """With all extras that lie beside the model."""
    extras = Extras.beside(model_dir)
    equipment = equip(load_model(model_dir), STARTER.max_lora_rank)
    equipment.controls.load_controlnet(CONTROL, extras.controlnet)
    equipment.load_reference_adapter(REFERENCE, extras.ip_adapter, extras.image_encoder)
    engine = Engine(equipment, max_rows, NUM_THREADS)
    engine.start()
    for name, file in extras.loras.items():
        engine.add_lora(name, file).result()
    return engine


def build_app(engine: Engine, extras: Extras, gate: Gate) -> FastAPI:
    app = FastAPI()

    @app.post("/draw")
    async def draw(request: TraceRequest) -> Response:
        await gate.enter(request.key)
        try:
            finished = await asyncio.wrap_future(engine.submit(image_request(request, extras)).result)
        finally:
            gate.leave()
        return Response(encode_image(finished.pixels_HWC, "png", 90), media_type="image/png")

    return app


if __name__ == "__main__":
    gate = SameKeyGate() if sys.argv[3:] == ["same-key"] else OpenGate()
    model_dir = Path(sys.argv[1])
    app = build_app(start_engine(model_dir), Extras.beside(model_dir), gate)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
