"""Ray Serve's own `@serve.batch`, with same-key grouping; and an echo over two hops, which is what Serve itself costs.

python -m bench.peers.ray_batch MODEL_DIR PORT MAX_BATCH_SIZE BATCH_TIMEOUT_S
"""

import asyncio
import sys
from pathlib import Path
from typing import Any, cast

import ray
from fastapi import FastAPI, Request, Response
from ray import serve
from ray.serve.handle import DeploymentHandle

from bench.trace import TraceRequest

echo_api = FastAPI()


@serve.deployment(max_ongoing_requests=64, ray_actor_options={"num_cpus": 0.1})
class RayBatch:
    def __init__(self, model_dir: Path, max_batch_size: int, batch_timeout_s: float) -> None:
        from bench.peers.drawing import Drawing  # torch belongs to the replica

        self._drawing = Drawing(model_dir)
        self._draw.set_max_batch_size(max_batch_size)  # type: ignore[attr-defined]  # of the decorator
        self._draw.set_batch_wait_timeout_s(batch_timeout_s)  # type: ignore[attr-defined]

    async def __call__(self, request: Request) -> Response:
        content: bytes = await self._draw(TraceRequest(**await request.json()))
        return Response(content, media_type="image/png")

    @serve.batch
    async def _draw(self, requests: list[TraceRequest]) -> list[bytes]:
        return await asyncio.to_thread(self._drawing.draw, requests)


@serve.deployment(max_ongoing_requests=64, ray_actor_options={"num_cpus": 0.1})
class Parrot:
    async def say(self, size_bytes: int) -> str:
        return "x" * size_bytes


@serve.deployment(max_ongoing_requests=64, ray_actor_options={"num_cpus": 0.1})
@serve.ingress(echo_api)
class Echo:
    def __init__(self, parrot: DeploymentHandle[Any]) -> None:
        self._parrot = parrot

    @echo_api.post("/")
    async def echo(self, request: Request, size_bytes: int) -> Response:
        await request.body()
        return Response(await self._parrot.say.remote(size_bytes), media_type="application/json")


def main(model_dir: str, port: str, max_batch_size: str, batch_timeout_s: str) -> None:
    ray.init(address="local", include_dashboard=False, num_cpus=2, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": int(port)})
    batch, echo, parrot = (cast(serve.Deployment, decorated) for decorated in (RayBatch, Echo, Parrot))
    drawing = batch.bind(Path(model_dir), int(max_batch_size), float(batch_timeout_s))
    serve.run(echo.bind(parrot.bind()), name="echo", route_prefix="/echo")
    serve.run(drawing, name="batch", route_prefix="/draw", blocking=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
