"""Versions that go live in a running service: each image is wholly one version's, and no request fails."""

import base64
import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from httpx import Response
from PIL import Image

from deployments.engine.engine import Engine
from deployments.engine.equipment import equip
from deployments.engine.load import SdxlModel, load_model
from deployments.engine.request import ImageRequest, LoraRequest
from deployments.follower import Follower
from deployments.host import Host
from deployments.image_store import ImageStore
from deployments.model_folder import read_manifest
from deployments.registry.registry import AdapterRegistry
from deployments.registry.schemas import PublishedTrial
from tests.adapters import publish_random
from tests.door import Door
from tests.generations import submit, until
from tests.graph import wait_for
from tests.real_service import RealService
from tests.under_load import drawn_while_moving

STEPS, SEED, GUIDANCE, PROMPT = 3, 7, 4.0, "rocket"
CAPACITY = 16  # four adapters of rank 4
PROMOTIONS = 20
SMALL = {"prompt": PROMPT, "seed": SEED, "size": "64x64", "num_inference_steps": STEPS, "guidance_scale": GUIDANCE}


@dataclass
class Shop:
    """A service with a real engine behind the door, and its registry."""

    client: TestClient
    registry: AdapterRegistry
    root: Path
    follower: Follower
    engine: Engine
    model: SdxlModel
    models_dir: Path

    def publish(self, name: str, seed: int, rank: int = 4, trial: PublishedTrial | None = None) -> str:
        return publish_random(self.root, self.model, self.models_dir, name, seed, rank, trial)

    def draw(self, adapter_id: str = "", **fields: object) -> tuple[np.ndarray, list[str]]:
        """Pixels and adapters of a small image."""
        lora = [{"id": adapter_id}] if adapter_id else []
        answer = self.client.post("/v1/images/generations", json={**SMALL, "lora": lora, **fields})
        assert answer.status_code == 200, answer.text
        return self.pixels(answer), answer.json()["adapters"]

    def pixels(self, answer: Response) -> np.ndarray:
        content = base64.b64decode(answer.json()["data"][0]["b64_json"])
        return np.asarray(Image.open(io.BytesIO(content))).astype(int)

    def move(self, adapter_id: str, action: str = "promote", status: int = 200) -> str:
        answer = self.client.post(f"/v1/model_versions/{adapter_id}/{action}")
        assert answer.status_code == status, answer.text
        return str(answer.json()["id"] if status == 200 else answer.json()["error"]["message"])


@pytest.fixture(scope="module")
def model(models_dir: Path) -> SdxlModel:
    return load_model(models_dir / "starter")


@pytest.fixture(scope="module")
def engine(models_dir: Path) -> Iterator[Engine]:
    engine = Engine(equip(load_model(models_dir / "starter"), CAPACITY), max_rows=8, num_threads=1)
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture
def shop(door: Door, client: TestClient, engine: Engine, model: SdxlModel, models_dir: Path) -> Shop:
    follower = serve_registry(door, engine, models_dir)
    root = door.data_dir / "registry"
    return Shop(client, AdapterRegistry(root), root, follower, engine, model, models_dir)


def serve_registry(door: Door, engine: Engine, models_dir: Path) -> Follower:
    """Icons are then drawn by `engine`, which holds no adapter yet."""
    base = read_manifest(models_dir / "starter")
    follower = Follower(engine, AdapterRegistry(door.data_dir / "registry"), base)
    store, has_references = ImageStore(f"file://{door.data_dir}/images"), engine.num_references > 0
    host = Host("icon", engine, base, store, adapters=follower, has_references=has_references)
    engine.call(lambda equipment: [equipment.bank.drop(handle) for handle in list(equipment.bank.handles.values())])
    door.serve("icon", RealService(host))
    return follower


def is_same(one: np.ndarray, other: np.ndarray) -> bool:
    """Neighbours in a batch may change an image's last bits (1e-5), and so a value by one."""
    return bool(np.abs(one - other).max() <= 1)


def test_next_image_uses_what_is_promoted_and_rollback_gives_the_old_image(shop: Shop) -> None:
    plain, (first, second) = shop.draw()[0], [shop.publish("house", seed) for seed in (1, 2)]
    assert shop.client.post("/v1/generations", json={"prompt": "a", "lora": [{"id": "house"}]}).status_code == 404
    shop.move(first)
    old, adapters = shop.draw("house")
    assert adapters == [first] and not is_same(old, plain) and is_same(shop.draw(first)[0], old)
    assert is_same(shop.draw(lora=[{"id": "house", "scale": 0}])[0], plain)
    assert shop.move(second) == second
    new, adapters = shop.draw("house")
    assert adapters == [second] and not is_same(new, old) and is_same(shop.draw(first)[0], old)
    assert shop.move(second, "rollback") == first
    again, adapters = shop.draw("house")
    assert adapters == [first] and is_same(again, old)
    pinned = until(shop.client, submit(shop.client, size="64x64", lora=[{"id": second}])["id"], "completed")
    assert pinned["adapters"] == [second]


def test_image_is_what_the_engine_draws_with_that_file(shop: Shop) -> None:
    version_id = shop.publish("house", seed=1)
    shop.move(version_id)
    shop.engine.add_lora("straight", shop.registry.weights_path(shop.registry.read(version_id))).result()
    request = ImageRequest(PROMPT, None, 64, 64, STEPS, GUIDANCE, SEED, loras=(LoraRequest("straight", 0.5),))
    by_engine = shop.engine.submit(request).result.result().pixels_HWC.astype(int)
    assert is_same(shop.draw(lora=[{"id": "house", "scale": 0.5}])[0], by_engine)


def test_what_is_being_drawn_ends_with_the_version_it_began_with(shop: Shop) -> None:
    first, second = (shop.publish("house", seed) for seed in (1, 2))
    shop.move(first)
    old = shop.draw("house")[0]
    may_go_on = threading.Event()
    shop.engine.call(lambda _: may_go_on.wait(20))  # the engine stands still while the next image is begun
    with ThreadPoolExecutor(2) as pool:
        begun = pool.submit(shop.draw, "house")
        wait_for(lambda: shop.engine.num_unfinished == 1, 20, 0.01)
        promoted = pool.submit(shop.move, second)
        may_go_on.set()
        assert promoted.result() == second
    pixels, adapters = begun.result()
    assert adapters == [first] and is_same(pixels, old)
    assert shop.draw("house")[1] == [second]


def test_under_load_every_image_is_of_one_version_and_none_fails(shop: Shop) -> None:
    first, second = (shop.publish("house", seed) for seed in (1, 2))
    shop.move(first)
    whole = {version_id: shop.draw(version_id)[0] for version_id in (first, second)}
    there_and_back = ((lambda: shop.move(second), [second]), (lambda: shop.move("house", "rollback"), [first]))
    drawn = drawn_while_moving(lambda: shop.draw("house"), there_and_back * (PROMOTIONS // 2))
    assert {adapters[0] for _, adapters in drawn} == {first, second}
    for pixels, (version_id,) in drawn:
        assert [is_same(pixels, whole[one]) for one in (first, second)] == [
            version_id == one for one in (first, second)
        ]
    assert shop.draw("house")[1] == [first]


def test_more_adapters_than_the_bank_holds_take_turns(shop: Shop) -> None:
    ids = [shop.publish(f"style-{seed}", seed) for seed in range(6)]
    for version_id in ids:
        shop.move(version_id)
    images = [shop.draw(version_id)[0] for version_id in ids]
    assert not any(is_same(images[0], other) for other in images[1:])
    assert all(is_same(shop.draw(f"style-{seed}")[0], images[seed]) for seed in range(6))
    too_many = [{"id": version_id} for version_id in ids]
    answer = shop.client.post("/v1/generations", json={"prompt": "a", "lora": too_many[:5]})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "lora")


def test_replica_loads_what_is_live_at_its_start_and_follows_by_itself(shop: Shop) -> None:
    first, second = (shop.publish("house", seed) for seed in (1, 2))
    shop.registry.promote(first)
    follower = Follower(shop.engine, shop.registry, read_manifest(shop.models_dir / "starter"), poll_s=0.01)
    follower.start()
    assert [state.live for state in follower.states] == [first]
    shop.registry.promote(second)  # by another process, without a word
    wait_for(lambda: [state.live for state in follower.states] == [second], 20, 0.01)
    follower.stop()
