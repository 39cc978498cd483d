"""What promotions and rollbacks cost requests that are under way: the whole graph on Ray, under a steady load.

python -m bench.swaps [--pairs N]     some N minutes; writes bench/results/swaps.md

Stretches without moves and with them take turns; each pair's latencies are compared.
"""

import argparse
import asyncio
import base64
import io
import itertools
import os
import statistics
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from bench.stats import paired_ratio, percentile
from deployments.engine.load import load_model
from serve_app.settings import default_data_dir
from tests.adapters import publish_random
from tests.graph import Graph, running_graph

RESULTS = Path(__file__).parent / "results"
NAME = "house"
SAME_LEVELS = 1  # neighbours in a batch may change an image's last bits
Move = tuple[str, str]  # whose, and promote or rollback


@dataclass(frozen=True)
class Plan:
    num_pairs: int = 6
    num_requests: int = 150  # of a stretch
    rate_per_s: float = 5.0
    num_moves: int = 20
    size_px: int = 128
    num_steps: int = 2

    @property
    def stretch_s(self) -> float:
        return self.num_requests / self.rate_per_s


@dataclass(frozen=True)
class Answer:
    pixels_HWC: np.ndarray | None  # None for a request that failed
    version_id: str = ""  # as told
    latency_s: float = 0.0  # from the moment that it was due


@dataclass(frozen=True)
class Stretch:
    answers: Sequence[Answer]

    def latency_s(self, percent: float) -> float:
        return percentile([answer.latency_s for answer in self.answers], percent)


@dataclass(frozen=True)
class Measured:
    plan: Plan
    whole: dict[str, np.ndarray | None]  # each version's picture, drawn alone
    still: Sequence[Stretch]
    moving: Sequence[Stretch]

    @property
    def answers(self) -> list[Answer]:
        return [answer for stretch in (*self.still, *self.moving) for answer in stretch.answers]

    @property
    def num_failed(self) -> int:
        return sum(answer.pixels_HWC is None for answer in self.answers)

    @property
    def num_mixed(self) -> int:
        """Images that are not the ones of the version that they name."""
        return sum(self._is_mixed(answer) for answer in self.answers if answer.pixels_HWC is not None)

    def _is_mixed(self, answer: Answer) -> bool:
        whole_HWC = self.whole.get(answer.version_id)
        return whole_HWC is None or bool(np.abs(whole_HWC - answer.pixels_HWC).max() > SAME_LEVELS)


async def measure(client: httpx.AsyncClient, versions: tuple[str, str], plan: Plan) -> Measured:
    await _move(client, (versions[0], "promote"))
    whole = {version_id: (await _draw(client, version_id, plan)).pixels_HWC for version_id in versions}
    still, moving = list[Stretch](), list[Stretch]()
    for number in range(plan.num_pairs):
        for is_moving in (number % 2 == 0, number % 2 == 1):
            moves = itertools.cycle([(versions[1], "promote"), (NAME, "rollback")])
            taken = itertools.islice(moves, plan.num_moves if is_moving else 0)
            (moving if is_moving else still).append(await _stretch(client, taken, plan))
    return Measured(plan, whole, still, moving)


async def _stretch(client: httpx.AsyncClient, moves: Iterable[Move], plan: Plan) -> Stretch:
    async with asyncio.TaskGroup() as group:
        due_s = [number / plan.rate_per_s for number in range(plan.num_requests)]
        drawing = [group.create_task(_draw_at(client, after_s, plan)) for after_s in due_s]
        for move in moves:
            await _move(client, move)
            await asyncio.sleep(plan.stretch_s / plan.num_moves / 2)  # a move takes time itself
    return Stretch([task.result() for task in drawing])


async def _draw_at(client: httpx.AsyncClient, after_s: float, plan: Plan) -> Answer:
    loop = asyncio.get_running_loop()
    due_s = loop.time() + after_s
    await asyncio.sleep(after_s)
    answer = await _draw(client, NAME, plan)
    return replace(answer, latency_s=loop.time() - due_s)


async def _draw(client: httpx.AsyncClient, adapter_id: str, plan: Plan) -> Answer:
    asked = {
        "prompt": "white rocket on a blue square", "seed": 7, "size": f"{plan.size_px}x{plan.size_px}",
        "num_inference_steps": plan.num_steps, "cache": False, "lora": [{"id": adapter_id}],
    }  # fmt: skip
    try:
        told = (await client.post("/v1/images/generations", json=asked)).raise_for_status().json()
    except httpx.HTTPError:
        return Answer(None)
    content = base64.b64decode(told["data"][0]["b64_json"])
    return Answer(np.asarray(Image.open(io.BytesIO(content))).astype(int), told["adapters"][0])


async def _move(client: httpx.AsyncClient, move: Move) -> None:
    (await client.post(f"/v1/model_versions/{move[0]}/{move[1]}")).raise_for_status()


def render(measured: Measured) -> str:
    plan = measured.plan
    about = (
        f"{plan.rate_per_s:g} requests a second for {plan.stretch_s:g} s, {plan.size_px} px icons of {plan.num_steps}"
        f" steps, on the whole graph on {os.cpu_count()} cores; and the same with {plan.num_moves} promotions and"
        f" rollbacks in a row; {plan.num_pairs} times, in turns."
    )
    found = (
        f"Of {len(measured.answers)} requests {measured.num_failed} failed; {measured.num_mixed} images were not those"
        " of the version that they name."
    )
    return f"""# Promotions and rollbacks under load, {datetime.now(UTC):%Y-%m-%d}

{about}

{found}

| latency | without, s | with, s | ratio, paired | 95 % interval |
|---|---:|---:|---:|---:|
{_row(measured, 50)}
{_row(measured, 95)}
"""


def _row(measured: Measured, percent: float) -> str:
    still, moving = ([one.latency_s(percent) for one in some] for some in (measured.still, measured.moving))
    ratio, medians = paired_ratio(moving, still), (statistics.median(still), statistics.median(moving))
    return (
        f"| p{percent} | {medians[0]:.2f} | {medians[1]:.2f} | {ratio.median:.2f} | {ratio.low:.2f}–{ratio.high:.2f} |"
    )


@contextmanager
def _graph_with_versions(models_dir: Path) -> Iterator[tuple[Graph, tuple[str, str]]]:
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "var"
        data_dir.mkdir()
        (data_dir / "models").symlink_to(models_dir)
        model = load_model(models_dir / "starter")
        first, second = (publish_random(data_dir / "registry", model, models_dir, NAME, seed) for seed in (1, 2))
        with running_graph(data_dir) as graph:
            yield graph, (first, second)


async def _measure_graph(graph: Graph, versions: tuple[str, str], plan: Plan) -> Measured:
    headers = {"authorization": f"Bearer {graph.key}"}
    async with httpx.AsyncClient(base_url=graph.url, headers=headers, timeout=60) as client:
        return await measure(client, versions, plan)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.swaps")
    parser.add_argument("--pairs", type=int, default=Plan.num_pairs)
    options = parser.parse_args()
    with _graph_with_versions(default_data_dir() / "models") as (graph, versions):
        measured = asyncio.run(_measure_graph(graph, versions, Plan(options.pairs)))
    (RESULTS / "swaps.md").write_text(render(measured))


if __name__ == "__main__":
    main()
