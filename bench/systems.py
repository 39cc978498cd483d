"""Starting what is compared, each in processes of its own, and asking each for an image in its own way."""

import asyncio
import base64
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from bench.extras import Extras
from bench.load import Send
from bench.peers.own_engine import image_request, start_engine
from bench.trace import SIZES_PX, TraceRequest, every_mix
from deployments.encode import encode_image
from serve_app.ray_environment import ray_environment
from tests.graph import ROOT, Graph, free_port, running_graph

START_TIMEOUT_S = 600.0  # several at once, each with 16 adapters to load and every mix of features to draw
# OpenMP's own bound holds whatever a server sets: one thread computes for each engine or pipeline, the HTTP side and
# the client share the other core.
ONE_THREAD = {"OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}

OURS, SAME_KEY, LOCK, LITSERVE = "ours", "ours, same key only", "FastAPI + lock", "LitServe"
RAY_BATCH, OURS_ON_RAY, ENGINE_ALONE = "Ray @serve.batch", "ours, whole graph on Ray", "engine alone, no server"
AGAIN = "ours, again"  # A/A: how far apart one system's two runs lie
MODULES = {OURS: "own_engine", SAME_KEY: "own_engine", LOCK: "fastapi_lock", LITSERVE: "litserve_batch",
           RAY_BATCH: "ray_batch"}  # fmt: skip


@dataclass(frozen=True)
class Peer:
    url: str
    process: subprocess.Popen[bytes]
    log_path: Path

    def wait(self) -> str:
        """Until it has drawn an image of each size with each set of features; returns its URL."""
        deadline_s = time.monotonic() + START_TIMEOUT_S
        requests = every_mix(num_steps=2)
        while requests:
            if self.process.poll() is not None or time.monotonic() > deadline_s:
                raise RuntimeError(f"{self.process.args!r} did not start: {self.log_path.read_text()[-2000:]}")
            try:
                if httpx.post(f"{self.url}/draw", json=asdict(requests[-1]), timeout=START_TIMEOUT_S).is_success:
                    requests.pop()
            except httpx.TransportError:
                time.sleep(0.3)
        return self.url

    def stop(self) -> None:
        """The whole group that we started: some servers leave their workers behind."""
        for sign, wait_s in ((signal.SIGTERM, 15), (signal.SIGKILL, 15)):
            try:
                os.killpg(self.process.pid, sign)
                self.process.wait(wait_s)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue


@contextmanager
def starting_peer(name: str, model_dir: Path, *arguments: str) -> Iterator[Peer]:
    """The peer's server on a free port, perhaps not ready yet; stopped at the end."""
    port = free_port()
    command = [sys.executable, "-m", f"bench.peers.{MODULES[name]}", str(model_dir), str(port), *arguments]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RAY_")}
    environment |= ONE_THREAD | ray_environment(model_dir.parent)
    log_path = model_dir.parent / f"{MODULES[name]}-{port}.log"
    with log_path.open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
    peer = Peer(f"http://127.0.0.1:{port}", process, log_path)
    try:
        yield peer
    finally:
        peer.stop()


def peer_send(client: httpx.AsyncClient, url: str) -> Send:
    async def send(request: TraceRequest) -> bytes:
        response = await client.post(f"{url}/draw", json=asdict(request))
        return response.raise_for_status().content

    return send


@contextmanager
def running_ours_on_ray(model_dir: Path) -> Iterator[Graph]:
    data_dir = model_dir.parent / f"var-{model_dir.name}"
    (data_dir / "models").mkdir(parents=True)
    (data_dir / "models" / "starter").symlink_to(model_dir)
    os.environ.update(ONE_THREAD)  # which the graph hands on to its replicas
    with running_graph(data_dir) as graph:
        for kind in SIZES_PX:
            with graph.client() as client:
                client.post("/v1/images/generations", json={"model": kind, "prompt": "warm"}).raise_for_status()
        yield graph


def graph_body(request: TraceRequest) -> dict[str, object]:
    return {
        "model": request.kind, "prompt": request.prompt, "size": f"{request.width_px}x{request.height_px}",
        "num_inference_steps": request.num_steps, "guidance_scale": request.guidance_scale, "seed": request.seed,
        "cache": False,
    }  # fmt: skip


def graph_send(client: httpx.AsyncClient, graph: Graph) -> Send:
    headers = {"authorization": f"Bearer {graph.key}"}

    async def send(request: TraceRequest) -> bytes:
        url = f"{graph.url}/v1/images/generations"
        response = await client.post(url, json=graph_body(request), headers=headers)
        return base64.b64decode(response.raise_for_status().json()["data"][0]["b64_json"])

    return send


@contextmanager
def engine_alone(model_dir: Path, max_rows: int) -> Iterator[Send]:
    """In this process: what a server can at best come near to."""
    engine = start_engine(model_dir, max_rows)
    extras = Extras.beside(model_dir)

    async def send(request: TraceRequest) -> bytes:
        finished = await asyncio.wrap_future(engine.submit(image_request(request, extras)).result)
        return encode_image(finished.pixels_HWC, "png", 90)

    yield send
    engine.stop()
