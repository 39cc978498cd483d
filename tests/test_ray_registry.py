"""Real replicas follow the registry: told of a promotion, or by themselves, without a failed request."""

import base64
import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deployments.engine.load import load_model
from deployments.registry.registry import AdapterRegistry
from tests.adapters import publish_random
from tests.graph import Graph, running_graph, wait_for
from tests.test_follower import is_same

pytestmark = pytest.mark.ray

MOVES = 20
SMALL = {"prompt": "rocket", "seed": 7, "size": "64x64", "num_inference_steps": 2}


@pytest.fixture(scope="module")
def graph(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    folder = tmp_path_factory.mktemp("registry") / "var"
    folder.mkdir()
    (folder / "models").symlink_to(models_dir)
    with running_graph(folder) as graph:
        yield graph


def draw(graph: Graph, adapter_id: str = "house", model: str = "icon") -> tuple[np.ndarray, str]:
    """Pixels, and the version that they were drawn with."""
    with graph.client() as client:
        body = {**SMALL, "model": model, "lora": [{"id": adapter_id}]}
        answer = client.post("/v1/images/generations", json=body)
    assert answer.status_code == 200, answer.text
    [version_id] = answer.json()["adapters"]
    content = base64.b64decode(answer.json()["data"][0]["b64_json"])
    return np.asarray(Image.open(io.BytesIO(content))).astype(int), version_id


def move(graph: Graph, adapter_id: str, action: str = "promote") -> tuple[int, str]:
    with graph.client() as client:
        answer = client.post(f"/v1/model_versions/{adapter_id}/{action}")
    return answer.status_code, answer.text


def test_running_replicas_serve_what_is_promoted_and_drop_nothing(graph: Graph, models_dir: Path) -> None:
    model, root = load_model(models_dir / "starter"), graph.data_dir / "registry"
    first, second, broken = (publish_random(root, model, models_dir, "house", seed) for seed in (1, 2, 3))
    assert move(graph, first)[0] == 200
    whole = {version_id: draw(graph, version_id)[0] for version_id in (first, second)}
    assert not is_same(whole[first], whole[second])
    assert draw(graph, model="splash")[1] == first

    registry = AdapterRegistry(root)
    weights = registry.weights_path(registry.read(broken))
    weights.write_bytes(weights.read_bytes()[:-1])
    status, text = move(graph, broken)
    assert status == 409 and "not a safetensors file" in text

    is_over, drawn = threading.Event(), list[tuple[np.ndarray, str]]()

    def keep_drawing() -> None:
        while not is_over.is_set():
            drawn.append(draw(graph))

    with ThreadPoolExecutor(2) as pool:
        loads = [pool.submit(keep_drawing) for _ in range(2)]
        answers = [move(graph, *((second, "promote"), ("house", "rollback"))[number % 2]) for number in range(MOVES)]
        is_over.set()
        for load in loads:
            load.result()  # raises what failed
    assert [status for status, _ in answers] == [200] * MOVES
    assert {version_id for _, version_id in drawn} == {first, second}
    for pixels, version_id in drawn:
        assert [is_same(pixels, whole[one]) for one in (first, second)] == [
            one == version_id for one in (first, second)
        ]

    registry.promote(second)  # by another process, without a word to the service
    wait_for(lambda: [draw(graph, model=kind)[1] for kind in ("icon", "splash")] == [second] * 2, 60)
